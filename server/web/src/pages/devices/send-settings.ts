import type { Point } from '../../api/bodies.ts'

/** When an agent sends a camera's pictures: what the server sets of it. */
export interface SendSettings {
  /** Between two pictures taken, milliseconds; left out: as the agent's config file says. */
  intervalMs?: number
  /** What must have changed for a picture to be sent; null: every picture is. Left out: as the config file says. */
  gate?: GateSettings | null
}

export interface GateSettings {
  /** Share of the region that must look different, 0..1. */
  difference: number
  /** The longest time between two pictures sent, milliseconds. */
  heartbeatMs: number
  /** Where changes are looked for; left out: in all of the picture. */
  region?: Point[]
}

/** Of an agent, as `config/desired` has them; there may be more. */
type Settings = Record<string, unknown>

/** As an agent has them where nobody says otherwise. */
export const USUAL_GATE: GateSettings = { difference: 0.01, heartbeatMs: 30_000 }

/** Shares of the picture, from what only a person walking by changes to what a fly does. */
export const DIFFERENCES = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002]

/** No camera gives more pictures, and the page could not show more: seconds. */
export const LEAST_INTERVAL = 0.05

/**
 * Why a camera cannot be told to send a picture only every so many seconds, and what to do; null where it can.
 * @param staleAfterMs after so long it counts as stale
 */
export function tooSeldom(every: number, staleAfterMs: number): string | null {
  if (!(every * 1000 >= staleAfterMs)) return null
  return (
    `This camera counts as stale after ${seconds(staleAfterMs)}, and its state is unknown then: choose less, or change ` +
    '“Stale after” on its page first.'
  )
}

/** Cameras of which something is set. */
export function camerasSet(settings: Settings | null): string[] {
  return Object.keys(camerasOf(settings))
}

/** What is set of a camera now. @param settings of its device */
export function sendSettingsOf(settings: Settings | null, camera: string): SendSettings {
  return camerasOf(settings)[camera] ?? {}
}

/** The settings of a device (a full replacement of those before) where one camera's are changed, and nothing else. */
export function withSendSettings(settings: Settings | null, camera: string, chosen: SendSettings): Settings {
  const { [camera]: _before, ...others } = camerasOf(settings)
  const isSet = chosen.intervalMs !== undefined || chosen.gate !== undefined
  const cameras = isSet ? { ...others, [camera]: chosen } : others
  const { cameras: _all, ...rest } = settings ?? {}
  return Object.keys(cameras).length > 0 ? { ...rest, cameras } : rest
}

/** The step of the scale that is nearest to a share. */
export function nearestStep(difference: number): number {
  const distance = (share: number) => Math.abs(Math.log(share) - Math.log(Math.max(difference, 1e-4)))
  const nearest = DIFFERENCES.toSorted((a, b) => distance(a) - distance(b))[0] ?? USUAL_GATE.difference
  return DIFFERENCES.indexOf(nearest)
}

/** `takes a picture every 2 s, sends what changed, at least every 30 s`; null where all is as the config file says */
export function sendingInWords({ intervalMs, gate }: SendSettings): string | null {
  const parts = [
    ...(intervalMs === undefined ? [] : [`takes a picture every ${seconds(intervalMs)}`]),
    ...(gate === null ? ['sends every picture'] : []),
    ...(gate ? [`sends what changed, at least every ${seconds(gate.heartbeatMs)}`] : []),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}

function camerasOf(settings: Settings | null): Record<string, SendSettings> {
  const cameras = settings?.cameras
  return typeof cameras === 'object' && cameras !== null ? (cameras as Record<string, SendSettings>) : {}
}
