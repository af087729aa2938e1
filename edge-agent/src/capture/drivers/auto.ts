import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError } from '../../failure.ts'
import { cameraFields, type DriverContext, driver } from '../driver.ts'
import { height, quality, stallMs, width } from '../stream/fields.ts'
import { libcamera } from './libcamera.ts'
import { raspistill } from './raspistill.ts'
import { rpicam } from './rpicam.ts'
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
  for (const candidate of candidates) {
    const reason = (await candidate.probe?.(configFor(candidate, config) as never)) ?? null
    if (context.signal.aborted) return null
    if (reason === null) {
      const others = whyNot.map((line) => `; not ${line}`).join('')
      context.log.info(`camera ${config.name} uses ${candidate.name}${others}`)
      return candidate
    }
    whyNot.push(`${candidate.name}: ${reason}`)
  }
  const text = `no camera can be used; connect one, or name its driver in the config (${whyNot.join('; ')})`
  throw new AgentError('no_camera', 'environment', text)
}

/** What the candidate knows of these settings, and its own defaults for the rest. */
function configFor(candidate: (typeof candidates)[number], config: object): unknown {
  const known = Object.entries(config).filter(([field]) => field in candidate.config.properties)
  return Value.Default(candidate.config, { ...Object.fromEntries(known), driver: candidate.name })
}
