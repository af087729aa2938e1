import { randomStream } from '../random.ts'
import { fillOutside, luminance, PICTURE_SIZE, type Pixels } from './decode.ts'

/**
 * How many augmentations of a labelled frame to train on. Measured with 5, 10 and 20 labels per state on webcams,
 * parking bays and rendered doors: with rows scaled within the states (`rows.ts`) none of 1, 2 and 4 gained anything,
 * 4 strong ones (light 0.7 to 1.4, shifts of 5 %) lost 1 to 4 points, and each costs one more pass of the backbone.
 */
export const AUGMENTATIONS = 0

/**
 * The same frame as the camera might have seen it in other light, shaken a little, with more noise. Deterministic for a
 * seed. What a fixed camera never does (mirror, turn, another crop) is left out: it would blur the states.
 */
export function augment({ rgb, outside }: Pixels, seed: number): Pixels {
  const random = randomStream(seed)
  const within = (least: number, most: number) => least + (most - least) * random()
  const gain = within(0.85, 1.18)
  const offset = within(-8, 8)
  const right = Math.round(within(-MAX_SHIFT, MAX_SHIFT))
  const down = Math.round(within(-MAX_SHIFT, MAX_SHIFT))
  const noise = within(0, 5)

  const out = new Uint8Array(rgb.length)
  for (let y = 0; y < PICTURE_SIZE; y++) {
    const fromRow = clamp(y - down) * PICTURE_SIZE
    for (let x = 0; x < PICTURE_SIZE; x++) {
      const from = (fromRow + clamp(x - right)) * 3
      const to = (y * PICTURE_SIZE + x) * 3
      // One draw for all three channels: a sensor's noise at night is mostly of luminance.
      const change = offset + noise * (random() + random() + random() - 1.5) * 2
      for (let channel = 0; channel < 3; channel++) {
        out[to + channel] = Math.min(Math.max((rgb[from + channel] as number) * gain + change, 0), 255)
      }
    }
  }
  fillOutside(out, outside)
  return { rgb: out, outside, ...luminance(out, outside) }
}

/** Pixels of 224: a mount that shakes in the wind. The edge is repeated where the shift leaves nothing. */
const MAX_SHIFT = 3

function clamp(position: number): number {
  return Math.min(Math.max(position, 0), PICTURE_SIZE - 1)
}
