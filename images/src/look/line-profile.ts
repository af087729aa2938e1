import type { Image } from '../image.ts'

/** Of a line: nobody looks at more. */
const MOST_VALUES = 1e6

/**
 * Values along a line, both ends included, a pixel apart at most: `ceil(hypot + 1)` of them, each between its four
 * neighbours (bilinear). Coordinates count from 0, in the middle of pixels; outside they are those of the edge. Of a
 * colour picture the mean of its planes.
 * @throws RangeError where the ends are no numbers, or more than a million pixels apart
 */
export function lineProfile(image: Image, x1: number, y1: number, x2: number, y2: number): Float64Array {
  return Float64Array.from(pointsOfLine(x1, y1, x2, y2), ({ x, y }) => valueAt(image, x, y))
}

export interface Point {
  x: number
  y: number
}

/** Where a line's values are taken, from its first end to the other. @throws as `lineProfile` */
export function pointsOfLine(x1: number, y1: number, x2: number, y2: number): Point[] {
  const count = Math.ceil(Math.hypot(x2 - x1, y2 - y1) + 1)
  if (!(count <= MOST_VALUES)) throw new RangeError('A line has two ends, at most a million pixels apart.')
  return Array.from({ length: count }, (_, i) => {
    const share = count > 1 ? i / (count - 1) : 0
    return { x: x1 + (x2 - x1) * share, y: y1 + (y2 - y1) * share }
  })
}

/** Between the four neighbours of a point; of a colour picture the mean of its planes. */
export function valueAt({ width, height, planes, samples }: Image, x: number, y: number): number {
  const inX = Math.min(Math.max(x, 0), width - 1)
  const inY = Math.min(Math.max(y, 0), height - 1)
  const left = Math.min(Math.floor(inX), Math.max(width - 2, 0))
  const top = Math.min(Math.floor(inY), Math.max(height - 2, 0))
  const right = Math.min(left + 1, width - 1)
  const bottom = Math.min(top + 1, height - 1)
  const dx = inX - left
  const dy = inY - top
  let sum = 0
  for (let plane = 0; plane < planes; plane++) {
    const at = plane * width * height
    const sample = (column: number, row: number, weight: number) =>
      // A blank neighbour that weighs nothing does not blank the value.
      weight === 0 ? 0 : weight * (samples[at + row * width + column] as number)
    sum +=
      sample(left, top, (1 - dx) * (1 - dy)) +
      sample(right, top, dx * (1 - dy)) +
      sample(left, bottom, (1 - dx) * dy) +
      sample(right, bottom, dx * dy)
  }
  return sum / planes
}
