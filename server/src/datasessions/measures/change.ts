import { type Image, median, medianDistance, TO_SIGMA } from '@ajar/images'
import { largestRegion, type Region } from './largest-region.ts'

/** When a pixel has changed. */
export interface Judge {
  /** Where it differs by more than so many times the noise. */
  k: number
  /** And by at least so much. */
  least: number
  /** Whether all of a picture being brighter is no change. */
  ignoresLight: boolean
  /** Whether levels are whole numbers, whose noise is never less than that of rounding. */
  isWhole: boolean
}

export interface Change {
  /** 1 where a pixel has changed. */
  mask: Uint8Array
  /** How far each pixel is from the background, without what the light did; blank where either is. */
  difference: Image
  /** Of the pixels that are not blank, 0..1; NaN where all are. */
  fraction: number
  /** Standard deviation of the difference where nothing changed. */
  noise: number
  /** What differs by more has changed. */
  limit: number
  /** By how much all of the picture is brighter than the background; 0 where that counts as change. */
  shift: number
  largest: Region | null
}

/** Of the rounding of two levels. */
const ROUNDING = 0.5

/** What changed in a picture without colours since the background, which is of its size. */
export function changeOf({ width, height, samples }: Image, background: Image, judge: Judge): Change {
  const difference = new Float32Array(samples.length)
  for (let i = 0; i < difference.length; i++) difference[i] = (samples[i] as number) - (background.samples[i] as number)
  const centre = median(difference)
  const noise = TO_SIGMA * medianDistance(difference, centre)
  const shift = judge.ignoresLight ? centre : 0
  const limit = Math.max(judge.k * Math.max(noise, judge.isWhole ? ROUNDING : 0), judge.least)
  const mask = new Uint8Array(samples.length)
  let [changed, blank] = [0, 0]
  for (let i = 0; i < mask.length; i++) {
    const distance = Math.abs((difference[i] as number) - shift)
    difference[i] = distance
    if (Number.isNaN(distance)) blank += 1
    else if (distance > limit) {
      mask[i] = 1
      changed += 1
    }
  }
  const fraction = changed / (mask.length - blank)
  const whole = { width, height, planes: 1, samples: difference }
  return { mask, difference: whole, fraction, noise, limit, shift, largest: largestRegion(mask, width) }
}
