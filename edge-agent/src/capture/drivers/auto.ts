import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError } from '../../failure.ts'
import { cameraFields, type DriverContext, driver } from '../driver.ts'
import { height, quality, stallMs, width } from '../stream/fields.ts'
import { libcamera } from './libcamera.ts'
import { raspistill } from './raspistill.ts'
import { rpicam, program as rpicamProgram } from './rpicam.ts'
import { v4l2 } from './v4l2.ts'

/** In the order in which they are asked. */
const candidates = [rpicam, libcamera, raspistill, v4l2] as const

/**
 * Finds out which of the cameras at this machine can be used, and takes the first: what a camera without `driver` gets. As soon
 * as that has given a picture it stays the one, also when it fails later: another would send pictures of something else
 * under the same name.
 */
export const auto = driver({
  name: 'auto',
  pacedByInterval: true,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('auto', { default: 'auto' }),
      camera: Type.Integer({ minimum: 0, maximum: 15, default: 0, description: 'which, where there are several' }),
      device: Type.Optional(Type.String({ minLength: 1, description: 'of a webcam, such as /dev/video0' })),
      width,
      height,
      quality,
      stallMs,
    },
    { additionalProperties: false },
  ),

  async *open(config, context) {
    const before = candidates.find(({ name }) => name === context.lastDriver)
    const candidate = before ?? (await firstUsable(config, context))
    if (!candidate) return
    context.report(candidate.name)
    yield* candidate.open(configFor(candidate, config) as never, context)
  },
})

/** Null when the camera is to be stopped meanwhile; throws `no_camera` where none can be used. */
async function firstUsable(config: { name: string }, context: DriverContext) {
  context.report('auto')
  const whyNot: string[] = []
  const missing: string[] = []
  for (const candidate of candidates) {
    const reason = (await candidate.probe?.(configFor(candidate, config) as never)) ?? null
    if (context.signal.aborted) return null
    if (reason === null) {
      const others = [...whyNot, ...missing].map((line) => `; not ${line}`).join('')
      context.log.info(`camera ${config.name} uses ${candidate.name}${others}`)
      return candidate
    }
    const [, lacks] = /^(\S+) is not installed/.exec(reason) ?? []
    if (lacks) missing.push(lacks)
    else whyNot.push(`${candidate.name}: ${reason}`)
  }
  throw new AgentError('no_camera', 'environment', noneOf(whyNot, missing))
}

/** Short enough for a status. Where one of a Pi's programs is there, that the others are not is no news. */
function noneOf(whyNot: string[], missing: string[]): string {
  if (whyNot.some((reason) => !reason.startsWith(v4l2.name))) return `no camera can be used: ${whyNot.join('; ')}`
  const install = missing.includes(rpicamProgram.name) ? `; for a Pi's camera: ${rpicamProgram.install}` : ''
  const lacks = missing.length > 0 ? [`not installed: ${missing.join(', ')}${install}`] : []
  return `no camera can be used: ${[...whyNot, ...lacks].join('; ')}`
}

/** What the candidate knows of these settings, and its own defaults for the rest. */
function configFor(candidate: (typeof candidates)[number], config: object): unknown {
  const known = Object.entries(config).filter(([field]) => field in candidate.config.properties)
  return Value.Default(candidate.config, { ...Object.fromEntries(known), driver: candidate.name })
}
