import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError } from '../../failure.ts'
import { cameraFields, driver } from '../driver.ts'
import { height, quality, stallMs, width } from '../stream/fields.ts'
import { libcamera } from './libcamera.ts'
import { raspistill } from './raspistill.ts'
import { rpicam } from './rpicam.ts'
import { v4l2 } from './v4l2.ts'

/** In the order in which they are asked. */
const candidates = [rpicam, libcamera, raspistill, v4l2] as const

/** Finds out which of the cameras at this machine can be used, and takes the first: what a camera without `driver` gets. */
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
    context.report('auto')
    const whyNot: string[] = []
    for (const candidate of candidates) {
      const itsConfig = configFor(candidate, config)
      const reason = (await candidate.probe?.(itsConfig as never)) ?? null
      if (context.signal.aborted) return
      if (reason !== null) {
        whyNot.push(`${candidate.name}: ${reason}`)
        continue
      }
      context.report(candidate.name)
      const others = whyNot.map((line) => `; not ${line}`).join('')
      context.log.info(`camera ${config.name} uses ${candidate.name}${others}`)
      yield* candidate.open(itsConfig as never, context)
      return
    }
    const lines = whyNot.map((line) => `\n  ${line}`).join('')
    const text = `no camera can be used; connect one, or name its driver in the config:${lines}`
    throw new AgentError('no_camera', 'environment', text)
  },
})

/** What the candidate knows of these settings, and its own defaults for the rest. */
function configFor(candidate: (typeof candidates)[number], config: Record<string, unknown>): unknown {
  const known = Object.entries(config).filter(([field]) => field in candidate.config.properties)
  return Value.Default(candidate.config, { ...Object.fromEntries(known), driver: candidate.name })
}
