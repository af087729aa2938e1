import { answer } from './_answer.ts'
import { numberOr } from './_numbers.ts'
import { momentsOf, PART, partOf } from './_picture.ts'
import type { Params, Work } from './_work.ts'

export const schema = {
  type: 'object',
  properties: {
    ...PART,
    threshold: {
      anyOf: [{ const: 'max' }, { type: 'number' }],
      default: 'max',
      description: 'Pixels of at least this level are hot; "max": those of the highest level that there is.',
    },
  },
  required: ['_imageURL'],
}

/** So many are told. */
const MOST = 500

/**
 * Where a picture, or a part of it, is brightest: its pixels of at least a threshold.
 *
 * Answers `{"hotPixels":[{"x":19,"y":39}]}`, row by row, the first 500 of them.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const told = numberOr('max', params, 'threshold')
  const part = await partOf(params, work)
  const threshold = told ?? momentsOf(part).high
  const { samples, width } = part.image
  const hotPixels: { x: number; y: number }[] = []
  for (let y = part.area.top; y <= part.area.bottom && hotPixels.length < MOST; y++) {
    const [left, right] = part.area.columns(y)
    for (let x = left; x <= right && hotPixels.length < MOST; x++)
      if ((samples[y * width + x] as number) >= threshold) hotPixels.push({ x, y: y + part.firstRow })
  }
  const rows = hotPixels.map(({ x, y }) => [x, y])
  return answer(params, work, 'hot_pixel', { hotPixels }, ['x', 'y'], rows)
}
