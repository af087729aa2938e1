import { answer } from './_answer.ts'
import { pythonText } from './_numbers.ts'
import { momentsOf, PART, partOf } from './_picture.ts'
import type { Params, Work } from './_work.ts'

export const schema = { type: 'object', properties: PART, required: ['_imageURL'] }

/**
 * The mean level of a picture, or of a part of it.
 *
 * Answers `{"result":"3554.5"}`: a text, with as many digits as it takes to tell the number. Blank pixels are left out.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const result = pythonText(momentsOf(await partOf(params, work)).mean)
  return answer(params, work, 'average_pixel', { result }, ['result'], [[result]])
}
