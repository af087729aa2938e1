import { answer } from './_answer.ts'
import { pythonText } from './_numbers.ts'
import { momentsOf, PART, partOf } from './_picture.ts'
import type { Params, Work } from './_work.ts'

export const schema = { type: 'object', properties: PART, required: ['_imageURL'] }

/**
 * How much the levels of a picture, or of a part of it, differ: their standard deviation, as of a population.
 *
 * Answers `{"noise":"691.959717035609"}`: a text, with as many digits as it takes to tell the number. Blank pixels are left
 * out. Of a part that shows nothing, such as overscan, this is the noise of the sensor.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const noise = pythonText(momentsOf(await partOf(params, work)).deviation)
  return answer(params, work, 'noise', { noise }, ['noise'], [[noise]])
}
