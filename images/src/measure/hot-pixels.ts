import type { Image } from '../image.ts'

export interface HotPixels {
  count: number
  /** `y * width + x` of the first `most` of them. */
  at: number[]
}

/** Fewer neighbours that are not blank say nothing. */
const LEAST_NEIGHBOURS = 3

/**
 * Pixels that stand alone: brighter than each of their neighbours by more than `above`, and by more than these differ among
 * each other. Edges and lines are none, for they have neighbours of their kind, nor is what glitters in a rough surface.
 * @param most so many positions are kept
 */
export function hotPixels({ width, height, samples }: Image, above: number, most: number): HotPixels {
  const found: HotPixels = { count: 0, at: [] }
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const limit = (samples[at] as number) - above
      // The nearest first: most pixels are done with it. A blank pixel or neighbour is above and below nothing.
      if (!(x === 0 || !((samples[at - 1] as number) >= limit))) continue
      if (!isAlone(samples, width, height, x, y, limit)) continue
      found.count += 1
      if (found.at.length < most) found.at.push(at)
    }
  return found
}

function isAlone(samples: ArrayLike<number>, width: number, height: number, x: number, y: number, limit: number) {
  if (Number.isNaN(limit)) return false
  let [neighbours, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++)
    for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
      if (row === y && column === x) continue
      const value = samples[row * width + column] as number
      if (Number.isNaN(value)) continue
      if (value >= limit) return false
      if (value < low) low = value
      if (value > high) high = value
      neighbours += 1
    }
  const own = samples[y * width + x] as number
  return neighbours >= LEAST_NEIGHBOURS && own - high > high - low
}
