import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { lengthOf, plainView, type VectorView } from '@ajar/models'
import { isMark } from '../../../marks.ts'
import { statesAfter } from '../import-layout.ts'
import { ImportError, type ImportedItem, type ImportMessage, type ImportTask } from '../import-messages.ts'
import { type Columns, columnsOf } from './columns.ts'
import { readingOf } from './reading-rows.ts'
import { type CsvRecord, recordsIn } from './records.ts'

type Tell = (message: ImportMessage) => Promise<void>

/** More are no measurement of one sensor that anybody labelled. */
const MOST_ROWS = 500_000
/** What the file tells no time of lies so far from its neighbours: twenty a second, as the older firmware sends. */
const APART_MS = 50
/** Readings that are told at once, and their numbers: each such message is stored with few syncs of the disk. */
const READINGS_AT_ONCE = 128
const NUMBERS_AT_ONCE = 100_000
/** Lines that are told one by one; of the others only how many they are. */
const MOST_LISTED = 100

/** What is known of a file once all of it was looked at. */
interface Looked {
  columns: Columns
  states: string[]
  usable: number
}

/**
 * Reads a CSV of labelled readings, as a task of the job worker, twice: all of it is looked at before anything is told
 * that would be kept, and no more than a part of it is in memory.
 * @throws ImportError where it is refused as a whole; a line that cannot be used is left out
 */
export async function importCsv(task: ImportTask, _inputs: AsyncIterable<never>, tell: Tell): Promise<object> {
  const { size, mtimeMs } = await stat(task.path)
  const endAt = task.endAt ?? Math.floor(mtimeMs) // run again, each reading has the time that it had
  const now = Date.now()
  let read = 0
  const count = (bytes: number) => {
    read += bytes
  }
  const told = (fraction: number) => tell({ kind: 'checked', fraction })
  const looked = await look(task, now, count, () => told(Math.min(read / Math.max(size, 1), 1)))
  const { columns, usable } = looked
  const vector = viewAfter(columns.view, task)
  await tell({ kind: 'plan', states: looked.states, items: usable, vector })
  for (const column of columns.nameless)
    await tell({ kind: 'left_out', file: `column ${column + 1}`, reason: 'it has no name' })
  const batch = new Batch(tell)
  const times = new Set<number>()
  let [index, flawed] = [0, 0]
  for await (const record of rowsIn(task.path)) {
    const row = readingOf(record, columns, now)
    const file = `line ${record.line}`
    if (typeof row === 'string') {
      flawed += 1
      if (flawed <= MOST_LISTED) await batch.after({ kind: 'left_out', file, reason: row })
      continue
    }
    const at = row.at ?? endAt - (usable - 1 - index) * APART_MS
    index += 1
    await batch.add({ file, state: row.state, capturedAt: free(times, at), content: row.numbers })
  }
  await batch.tellAll()
  if (flawed > MOST_LISTED) await tell({ kind: 'more_left_out', count: flawed - MOST_LISTED })
  return {}
}

async function look(
  task: ImportTask,
  now: number,
  onRead: (bytes: number) => void,
  progress: () => Promise<void>,
): Promise<Looked> {
  let columns: Columns | null = null
  let first: { line: number; why: string } | null = null
  let [rows, usable] = [0, 0]
  const labels = new Set<string>()
  for await (const record of recordsIn(task.path, onRead)) {
    if (!columns) {
      columns = columnsOf(record.fields)
      continue
    }
    rows += 1
    if (rows > MOST_ROWS)
      throw new ImportError('too_many_rows', `more than ${MOST_ROWS} readings are in it: send it in parts`)
    const row = readingOf(record, columns, now)
    if (typeof row === 'string') first ??= { line: record.line, why: row }
    else {
      usable += 1
      labels.add(row.state)
    }
    if (rows % 1000 === 0) await progress()
  }
  if (!columns) throw new ImportError('bad_header', 'it is empty: a first line that names the columns is expected')
  if (usable === 0)
    throw new ImportError(
      'no_readings',
      first
        ? `none of its ${rows} lines can be used; line ${first.line}: ${first.why}`
        : 'there is no line after the first one, which names the columns',
    )
  await progress()
  const states = [...labels].filter((label) => !isMark(label))
  return { columns, usable, states: task.exactly ? sorted(states) : statesAfter(states, task, 'sensor') }
}

function sorted(states: string[]): string[] {
  return statesAfter(states, { states: [], addStates: true }, 'sensor')
}

/** The lines after the header. */
async function* rowsIn(path: string): AsyncGenerator<CsvRecord> {
  let isHeader = true
  for await (const record of recordsIn(path)) {
    if (!isHeader) yield record
    isHeader = false
  }
}

/**
 * How the sensor's readings are seen once these are in: as the file names them, unless somebody said it otherwise.
 * @throws ImportError `other_length`
 */
function viewAfter(given: VectorView, { vector: known, length: expected }: ImportTask): VectorView {
  const length = lengthOf(given)
  if (expected !== null && length !== expected)
    throw new ImportError(
      'other_length',
      `each line has ${length} numbers, and a reading of the sensor has ${expected}: import it into another sensor`,
    )
  if (!known) return given
  // What the first reading said of itself is only how long it is.
  return isDeepStrictEqual(known.parts, plainView(length).parts) ? { ...given, window: known.window } : known
}

/** Two readings of one time are two readings. */
function free(times: Set<number>, at: number): number {
  let time = at
  while (times.has(time)) time += 1
  times.add(time)
  return time
}

/** Readings that are to be told together. */
class Batch {
  readonly #tell: Tell
  #items: ImportedItem[] = []
  #numbers = 0

  constructor(tell: Tell) {
    this.#tell = tell
  }

  async add(item: ImportedItem) {
    this.#items.push(item)
    this.#numbers += item.content.length
    if (this.#items.length >= READINGS_AT_ONCE || this.#numbers >= NUMBERS_AT_ONCE) await this.tellAll()
  }

  /** Tells something else after those that came before it. */
  async after(message: ImportMessage) {
    await this.tellAll()
    await this.#tell(message)
  }

  async tellAll() {
    if (this.#items.length === 0) return
    const items = this.#items
    this.#items = []
    this.#numbers = 0
    await this.#tell({ kind: 'labelled', items })
  }
}
