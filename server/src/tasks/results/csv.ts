import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { badResult, quoted } from './bad-result.ts'
import { MOST_COLUMNS, MOST_ROW, MOST_ROWS } from './bounds.ts'
import { ColumnTypes, cellOf, isPlainNumber, requireLength } from './cells.ts'
import type { ResultFile } from './result-file.ts'
import type { Column, Row, TableResult } from './table.ts'
import { isText, textOf } from './text.ts'

interface Dialect {
  delimiter: string
  /** Lines of comments before the names. */
  skipped: number
}

/**
 * How a file is a table of values with commas, tabs or semicolons between them; undefined where its first line has none of
 * them. A text of one column cannot be told from any other text: there the ending of its name decides.
 */
export function csvDialect(file: ResultFile): Dialect | undefined {
  if (!isText(file)) return undefined
  const lines = file.head.toString('utf8').split(/\r?\n/)
  const skipped = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'))
  const outside = (lines[skipped] ?? '').replace(/"(?:[^"]|"")*"/g, '')
  const delimiter = [',', '\t', ';'].find((one) => outside.includes(one))
  if (delimiter !== undefined) return { delimiter, skipped }
  return /\.csv$/i.test(file.path) && skipped >= 0 ? { delimiter: ',', skipped } : undefined
}

/**
 * CSV (RFC 4180) whose first line names the columns, unless it has nothing but numbers. It is read twice: what its columns
 * hold is known at its end only.
 * @throws TaskError `bad_result`
 */
export async function readCsv(file: ResultFile, dialect: Dialect): Promise<TableResult> {
  let first: string[] | undefined
  let types: ColumnTypes | undefined
  let hasNames = true
  for await (const cells of recordsOf(file, dialect)) {
    if (!first || !types) {
      first = cells
      if (cells.length > MOST_COLUMNS) throw badResult(`it has more than ${MOST_COLUMNS} columns.`)
      types = new ColumnTypes(cells.length)
      hasNames = !cells.every(isPlainNumber)
      if (!hasNames) types.see(cells)
    } else types.see(cells)
  }
  if (!first || !types) throw badResult('it has no line that is none of comments.')
  const columns = first.map((text, i): Column => {
    const type = types.of(i)
    const name = (hasNames && requireLength(text)) || `col${i + 1}`
    return { name, ...(type ? { type } : {}) }
  })
  return { kind: 'table', format: 'csv', columns, rows: () => rowsOf(file, dialect, columns, hasNames) }
}

async function* rowsOf(
  file: ResultFile,
  dialect: Dialect,
  columns: Column[],
  hasNames: boolean,
): AsyncGenerator<Row, undefined> {
  let isFirst = hasNames
  for await (const cells of recordsOf(file, dialect)) {
    if (!isFirst) yield cells.map((text, i): Row[number] => cellOf(text, columns[i]?.type) ?? null)
    isFirst = false
  }
}

async function* recordsOf(file: ResultFile, { delimiter, skipped }: Dialect): AsyncGenerator<string[], undefined> {
  const parser = parse({
    ...{ delimiter, from_line: skipped + 1, bom: true, trim: true, skip_empty_lines: true },
    max_record_size: MOST_ROW,
  })
  // What goes wrong is told to whoever reads.
  pipeline(Readable.from(textOf(file)), parser, () => {})
  let count = 0
  try {
    for await (const cells of parser) {
      if (++count > MOST_ROWS) throw badResult(`it has more than ${MOST_ROWS} rows.`)
      yield cells
    }
  } catch (error) {
    throw error instanceof CsvError ? badResult(why(error)) : error
  }
}

function why({ code, message, ...context }: CsvError): string {
  const { lines } = context as { lines?: number }
  const where = `line ${lines ?? '?'}`
  if (code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH')
    return `${where} of its CSV has another number of cells than its first.`
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return 'a cell of its CSV is quoted and does not end: the file is cut, or a quote stands alone.'
  if (code === 'CSV_MAX_RECORD_SIZE') return `${where} of its CSV has more than ${MOST_ROW} characters.`
  return `${where} of its CSV is wrong: ${quoted(message)}.`
}
