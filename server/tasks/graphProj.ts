import { moments } from '@ajar/images'
import { answer } from './_answer.ts'
import { countOf, numberOf } from './_numbers.ts'
import { PART, partOf } from './_picture.ts'
import { samplesOf } from './_region.ts'
import type { Params, Work } from './_work.ts'

export const schema = {
  type: 'object',
  title: 'Graph of projection',
  properties: {
    ...PART,
    rowsperbin: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 1,
      description: 'Rows that are taken together.',
    },
  },
  required: ['_imageURL'],
}

/**
 * How bright the rows of a picture, or of a part of it, are: the mean of so many rows at a time, from the first one on.
 *
 * Answers `{"projs":[[mean,rowStart,rowEnd],...]}`, where rowEnd is the first row of the next ones. The last ones may be
 * fewer, and their rowEnd is still where they would end. Blank pixels are left out, and rows that have no others.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const rows = countOf(numberOf(params, 'rowsperbin') ?? 1, 'rowsperbin', 1_000_000)
  const { image, area, firstRow } = await partOf(params, work)
  const projs: [number, number, number][] = []
  for (let top = area.top; top <= area.bottom; top += rows) {
    const bottom = Math.min(top + rows - 1, area.bottom)
    const { count, mean } = moments(samplesOf(image, area, top, bottom))
    if (count > 0) projs.push([mean, firstRow + top, firstRow + top + rows])
  }
  return answer(params, work, 'graphProj', { projs }, ['mean', 'rowStart', 'rowEnd'], projs)
}
