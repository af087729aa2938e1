import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { FewAtOnce } from '../http/few-at-once.ts'

/** Whole spans as text: pages are read as fast as their reader takes them, one in memory at a time. */

export const PAGE = 1000

export const Format = Type.Enum(['json', 'csv', 'ndjson'], {
  default: 'json',
  description: 'csv and ndjson are all of the span, without pages; ndjson has the fields of the JSON, an item a line',
})

/** What a list answers, or text without an end in sight. */
export const orText = <T extends TSchema>(list: T) => Type.Union([list, Type.Unsafe<Readable>(Type.String())])

interface Table<Row> {
  /** Names of the file without its ending. */
  name: string
  pages: AsyncIterable<Row[]>
  /** The item of a list. */
  shown(row: Row): object
  columns: Record<string, (row: Row) => string | number | null>
}

/**
 * Answers all rows as a file in that format.
 * @param texts those that are open: each holds pages for its reader, who may not read
 */
export function sendRows<Row>(reply: FastifyReply, format: 'csv' | 'ndjson', texts: FewAtOnce, table: Table<Row>) {
  const text = () => Readable.from(format === 'csv' ? csvOf(table) : ndjsonOf(table))
  // Of a HEAD all rows would be read, as fast as it goes, for nobody.
  const body = reply.request.method === 'HEAD' ? Readable.from([]) : texts.open(text)
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="${table.name}.${format}"`)
    .send(body)
}

async function* csvOf<Row>({ pages, columns }: Table<Row>): AsyncGenerator<string> {
  const cells = Object.values(columns)
  yield lineOf(Object.keys(columns))
  for await (const page of pages) yield page.map((row) => lineOf(cells.map((cell) => cell(row)))).join('')
}

async function* ndjsonOf<Row>({ pages, shown }: Table<Row>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((row) => `${JSON.stringify(shown(row))}\n`).join('')
}

/** RFC 4180, and no text that a spreadsheet would compute. */
function lineOf(values: (string | number | null)[]): string {
  return `${values.map((value) => (typeof value === 'string' ? cellOf(harmless(value)) : value)).join()}\r\n`
}

function cellOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A stranger's text: as it is a spreadsheet would compute what begins like a formula. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** Pages of rows, each read after the last row of the one before. */
export async function* pagesAfter<Row>(read: (last: Row | null) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let last: Row | null = null; ; ) {
    const page: Row[] = await read(last)
    if (page.length > 0) yield page
    last = page.at(-1) ?? null
    if (page.length < PAGE) return
  }
}
