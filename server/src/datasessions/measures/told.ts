import type { LeftOut } from './each-picture.ts'

/** So many files are told of in `output_data`, which is read again with each look at a session; tables have all. */
const MOST_FILES = 500
const MOST_LEFT_OUT = 50

/**
 * What stands in `output_data`: a summary, and of the files each, or every n-th where they are many.
 * @param leftOut inputs that could not be read
 */
export function told(summary: object, files: object[], leftOut: readonly LeftOut[] = []): object[] {
  const every = Math.max(Math.ceil(files.length / MOST_FILES), 1)
  return [
    {
      ...summary,
      file_count: files.length,
      every,
      files: files.filter((_, i) => i % every === 0),
      left_out_count: leftOut.length,
      left_out: leftOut.slice(0, MOST_LEFT_OUT),
    },
  ]
}

/** For tables and JSON, which know no NaN. */
export function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
