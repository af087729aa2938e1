import { Type } from 'typebox'

/** Fields that several drivers share; a camera's entry in the config file may have them. */
export const stallMs = Type.Integer({
  minimum: 1000,
  maximum: 600_000,
  default: 15_000,
  description: 'so long without a picture, and the camera is started anew; its first one has 15 s at least',
})
export const width = Type.Integer({ minimum: 16, maximum: 8192, default: 1280, description: 'pixels' })
export const height = Type.Integer({ minimum: 16, maximum: 8192, default: 720, description: 'pixels' })
export const quality = Type.Integer({ minimum: 1, maximum: 100, default: 85, description: 'of the JPEGs' })
export const framerate = Type.Optional(
  Type.Number({
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'pictures per second that the camera takes; left out: what intervalMs needs, at least 2',
  }),
)
export const args = Type.Array(Type.String({ maxLength: 256 }), {
  maxItems: 64,
  default: [],
  description: 'further arguments of the program, as they are',
})

/** The slowest pace of a camera: below it, exposure and white balance take minutes to settle. */
const LEAST_RATE = 2
const MOST_RATE = 30

/** How many pictures a second a camera has to take for one each `intervalMs`. */
export function rateFor(intervalMs: number): number {
  return Math.min(MOST_RATE, Math.max(LEAST_RATE, Math.ceil(1000 / intervalMs)))
}
