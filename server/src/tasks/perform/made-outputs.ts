import { type Card, loadImage } from '@ajar/images'
import type { Cell, OperationWork } from '../../datasessions/operation.ts'
import { MOST_INLINE_BYTES, MOST_INLINE_ROWS } from '../results/bounds.ts'
import { asBadResult, type ImageResult } from '../results/image.ts'
import type { JsonResult } from '../results/json.ts'
import { readResult } from '../results/read-result.ts'
import type { Row, TableResult } from '../results/table.ts'
import type { TaskData } from '../results/task-data.ts'
import { endingOf } from './picture-ending.ts'

type Making = Pick<OperationWork, 'fits' | 'picture' | 'table' | 'jsonFile' | 'data'>

/**
 * Makes outputs of what a task wrote: a picture, a table or JSON, and `data` that says it.
 * @param path of the task's file, below `scratch`; it is gone from there afterwards
 * @throws TaskError `bad_result`
 */
export async function makeOutputs(name: string, path: string, work: Making): Promise<void> {
  const result = await readResult(path)
  const output = outputName(name)
  work.data(await MAKERS[result.kind](output, path, result as never, work))
}

const MAKERS = { image: makePicture, table: makeTable, json: makeJson }

async function makePicture(
  name: string,
  path: string,
  { format, width, height }: ImageResult,
  work: Making,
): Promise<TaskData> {
  const cards: Card[] = []
  const onHeader = (header: readonly Card[]) => {
    for (const card of header) cards.push(card)
  }
  const image = await loadImage(path, { onHeader }).catch(asBadResult)
  const original = { path, ending: await endingOf(path) }
  const isPicture = image.samples instanceof Uint8Array || image.samples instanceof Uint16Array
  if (format === 'fits' || !isPicture) await work.fits(name, image, { cards, original })
  else await work.picture(name, image, { original })
  return { kind: 'image', width, height }
}

const ENDINGS = { csv: '.csv', ipac: '.tbl', votable: '.vot' } as const

async function makeTable(name: string, path: string, table: TableResult, work: Making): Promise<TaskData> {
  const original = { path, ending: ENDINGS[table.format] }
  const { columns } = table
  const shown = new FirstRows()
  const names = columns.map((column) => column.name)
  await work.table(name, names, shown.of(table.rows()), { original, exact: true })
  return { kind: 'table', columns, rows: shown.rows, count: shown.count }
}

async function makeJson(name: string, path: string, { value, bytes }: JsonResult, work: Making): Promise<TaskData> {
  await work.jsonFile(name, path)
  return value === undefined ? { kind: 'json', value: null, omitted: true, bytes } : { kind: 'json', value }
}

/** Keeps the first rows of those that pass, as many as an answer may hold. */
class FirstRows {
  readonly rows: Cell[][] = []
  count = 0
  #bytes = 0

  async *of(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
    for await (const row of rows) {
      this.count += 1
      if (this.rows.length < MOST_INLINE_ROWS && this.#bytes < MOST_INLINE_BYTES) this.#keep(row)
      yield row
    }
  }

  #keep(row: Row) {
    this.#bytes += Buffer.byteLength(JSON.stringify(row))
    if (this.#bytes <= MOST_INLINE_BYTES) this.rows.push(row)
  }
}

/** What a task's file is called: `graphProj` makes `graph-proj`. */
export function outputName(task: string): string {
  const words = task.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/[^A-Za-z0-9]+/g, '-')
  return words.toLowerCase().slice(0, 60).replace(/-+$/, '') || 'result'
}
