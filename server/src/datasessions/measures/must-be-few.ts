import { type InputFile, OperationError } from '../operation.ts'

/** So many files an operation makes that makes one, or a few, of each input. */
export const MOST_OUTPUTS = 500

/** A query may stand for thousands of frames. @throws OperationError `too_many_files` */
export function mustBeFew(files: readonly InputFile[]) {
  if (files.length <= MOST_OUTPUTS) return
  throw new OperationError(
    'too_many_files',
    `this makes a file of each input, of ${MOST_OUTPUTS} at most, and ${files.length} were given: ` +
      'choose fewer, or every so many minutes one',
  )
}
