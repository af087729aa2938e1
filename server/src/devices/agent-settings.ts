import { type Static, Type } from 'typebox'
import { badRequest } from '../http/errors.ts'
import { nullable } from '../http/shapes.ts'
import { Polygon } from './camera-body.ts'
import type { Sources } from './sources.ts'

const interval = (of: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400_000,
      description: `milliseconds between two pictures that are taken by ${of}`,
    }),
  )

const GateSettings = Type.Object({
  difference: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'share that must look different' })),
  heartbeatMs: Type.Optional(
    Type.Integer({ description: 'longest time between two pictures sent; less than the `staleAfterMs` of the camera' }),
  ),
  region: Type.Optional({ ...Polygon, description: 'where changes are looked for; left out: everywhere' }),
})

const AjarAgent = Type.Object(
  {
    intervalMs: interval('each camera that has no interval in `cameras`'),
    cameras: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({
          intervalMs: interval('this camera'),
          gate: Type.Optional(
            nullable({ ...GateSettings, description: 'only what changed is sent; null: every picture is' }),
          ),
        }),
        { description: 'by name; what is left out is as the config file of the agent says' },
      ),
    ),
  },
  { title: 'Settings of an ajar agent' },
)

/** What may be sent to an agent: ajar's own takes settings of this shape, another one what it likes. */
export const AgentSettings = Type.Union([
  AjarAgent,
  Type.Record(Type.String(), Type.Unknown(), { title: 'Settings of another agent: any object' }),
])
export type AgentSettings = Static<typeof AgentSettings>

/**
 * A camera that is to send less often than it counts as stale would be `unknown` nearly always. What is said in another
 * shape than ajar's is not judged.
 * @throws HttpError 400 `heartbeat_too_long`
 */
export function refuseLongHeartbeats(sources: Pick<Sources, 'staleAfterMs'>, device: string, settings: object) {
  for (const [camera, own] of Object.entries(part(settings, 'cameras'))) {
    const { heartbeatMs } = part(own, 'gate')
    if (typeof heartbeatMs !== 'number') continue
    const staleAfterMs = sources.staleAfterMs({ device, camera })
    if (heartbeatMs < staleAfterMs) continue
    throw badRequest(
      'heartbeat_too_long',
      `${device}/${camera} would send a picture only every ${heartbeatMs} ms while nothing changes, and counts as stale after ` +
        `${staleAfterMs} ms, when its state is unknown: send a shorter heartbeatMs, or change staleAfterMs of the camera first`,
      `settings.cameras.${camera}.gate.heartbeatMs`,
    )
  }
}

/** What an object holds under a name, where that is an object too. */
function part(of: unknown, name: string): Record<string, unknown> {
  const held = isObject(of) ? of[name] : null
  return isObject(held) ? held : {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
