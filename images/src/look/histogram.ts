import type { Image } from '../image.ts'
import { countsOf, edgesOf } from '../measure/counts.ts'

/**
 * How many samples lie in each of `bins` equal spans from the least to the greatest; `edges` has one more. Blank and
 * infinite samples are left out. As `numpy.histogram`: the last span has its upper edge too.
 */
export function histogram({ samples }: Pick<Image, 'samples'>, bins: number): { counts: number[]; edges: number[] } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (!Number.isFinite(value)) continue
    if (value < min) min = value
    if (value > max) max = value
  }
  if (min > max) [min, max] = [0, 1]
  else if (min === max) [min, max] = [min - 0.5, max + 0.5]
  return { counts: [...countsOf(samples, min, max, bins).counts], edges: [...edgesOf(min, max, bins)] }
}
