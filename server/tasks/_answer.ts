import { Refusal } from './_refusal.ts'
import type { Params, Work } from './_work.ts'

/**
 * What a task found, in the form that `_type` asks for: JSON, or CSV with a header and a row for each of `rows`.
 * @param name of the file
 */
export function answer(
  { _type }: Params,
  work: Work,
  name: string,
  json: object,
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): unknown {
  if (_type === undefined || _type === null || _type === '' || _type === '.json') return json
  if (_type === '.csv') return work.file(`${name}.csv`, csvOf(columns, rows))
  throw new Refusal(`_type is ${JSON.stringify(_type)}: it has to be ".json" or ".csv"`)
}

function csvOf(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [columns, ...rows].map((row) => `${row.map((cell) => cellOf(cell)).join(',')}\n`).join('')
}

/** RFC 4180 */
export function cellOf(cell: string | number | null): string {
  const text = cell === null ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
