import { HttpError } from '../../http/errors.ts'
import { checkDepth } from '../../http/json-depth.ts'
import { PlanError } from '../language.ts'

/** A program has 100 files and 50 switches: whatever has a hundred times as many parts is none, and is not parsed to find out. */
const MOST_COMMAS = 24_999

/** JSON of a stranger. @throws PlanError where it is none, too deep, or of too many parts */
export function parsedText(text: string | Buffer): unknown {
  try {
    checkDepth(text, undefined, MOST_COMMAS)
    return JSON.parse(String(text))
  } catch (error) {
    throw new PlanError(error instanceof HttpError ? error.message : 'This is no JSON.')
  }
}
