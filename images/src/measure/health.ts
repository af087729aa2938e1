import type { Card, Image } from '../image.ts'
import { clipped } from './clipped.ts'
import { greyOf, isWhole } from './grey.ts'
import { type HotPixels, hotPixels } from './hot-pixels.ts'
import { laplacian, noiseIn, sharpnessIn } from './laplacian.ts'
import { type Moments, median, moments } from './ranks.ts'

/** How well a camera sees, by one picture; levels are those of its brightness. NaN where the picture does not tell. */
export interface Health extends Moments {
  median: number
  /** Standard deviation of its noise, whatever it shows. */
  noise: number
  /** The variance of its Laplacian: falls where a lens fogs or loses its focus. */
  sharpness: number
  /** Shares of samples, 0..1, that are too dark and too bright to be told apart. */
  dark: number
  bright: number
  hot: HotPixels
}

export interface HealthOptions {
  /** A pixel is hot where it is brighter than each of its neighbours by more than so many times the noise. */
  times: number
  /** So many positions of hot pixels are kept. */
  most: number
}

/** Of whole numbers, noise is never less than that of rounding. */
const ROUNDING = 0.5

/** Colours count by their brightness. @param cards of its FITS header, which may say at which level the detector is full */
export function healthOf(image: Image, cards: readonly Card[], { times, most }: HealthOptions): Health {
  const grey = greyOf(image)
  const all = moments(grey.samples)
  const edges = laplacian(grey)
  const sharpness = sharpnessIn(edges)
  const noise = noiseIn(edges)
  const above = times * Math.max(noise, isWhole(image) ? ROUNDING : 0)
  const hot = all.count > 0 && above > 0 ? hotPixels(grey, above, most) : { count: 0, at: [] }
  return { ...all, median: median(grey.samples), noise, sharpness, ...clipped(image, cards), hot }
}
