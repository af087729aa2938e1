import { HttpError } from '../../http/errors.ts'
import { checkDepth } from '../../http/json-depth.ts'
import { PlanError } from '../language.ts'

/** JSON of a stranger. @throws PlanError where it is none, or too deep */
export function parsedText(text: string | Buffer): unknown {
  try {
    checkDepth(text)
    return JSON.parse(String(text))
  } catch (error) {
    throw new PlanError(error instanceof HttpError ? error.message : 'This is no JSON.')
  }
}
