import { type Bytes, readAll } from '../../bytes.ts'
import { ImageError } from '../../image.ts'
import type { Keywords } from '../cards.ts'
import type { Unit } from '../header.ts'
import type { TileGrid } from './grid.ts'

/** Bytes of each type of TFORM (FITS 4.0, 7.3.1). */
const WIDTHS: Record<string, number> = { L: 1, B: 1, I: 2, J: 4, K: 8, A: 1, E: 4, D: 8, C: 8, M: 16 }

/** Heap that is read in one go: what neighbouring tiles have lies together as a rule. */
const MOST_AT_ONCE = 8 << 20

const MOST_ROW = 1 << 20

/** What a compressed tile may be longer than its samples of 8 bytes. */
const SPARE = 65_536

interface Column {
  /** Within a row, in bytes. */
  at: number
  type: string
  /** Of arrays in the heap: the type of their elements. */
  elements?: string
}

/** One row of the table. */
export interface TileRow {
  number(column: string): number | undefined
  /** What the heap has for it; undefined where that is nothing. */
  bytes(column: string): Uint8Array | undefined
}

/** The binary table that holds an image's tiles, a row for each (FITS 4.0, 7.3 and 10.1). */
export class TileTable {
  readonly #bytes: Bytes
  readonly #columns: Map<string, Column>
  readonly #at: number
  readonly #rowLength: number
  readonly #heapAt: number
  readonly #heapEnd: number
  readonly #mostPacked: number

  /** @throws ImageError `bad_header` */
  constructor(bytes: Bytes, unit: Unit, { count: tiles, most }: TileGrid) {
    const { keywords } = unit
    const rowLength = keywords.number('NAXIS1') ?? 0
    const rows = keywords.number('NAXIS2') ?? 0
    if (keywords.number('NAXIS') !== 2 || rows < tiles)
      throw new ImageError('bad_header', `A compressed image of ${tiles} tiles has a table of ${rows} rows.`)
    if (rowLength > MOST_ROW)
      throw new ImageError('bad_header', 'A compressed image has a table with rows of over 1 MB.')
    const heap = keywords.number('THEAP') ?? rowLength * rows
    if (!Number.isSafeInteger(heap) || heap < rowLength * rows || heap > unit.dataLength)
      throw new ImageError('bad_header', 'THEAP points outside of the data.')
    this.#bytes = bytes
    this.#mostPacked = most * 8 + SPARE
    this.#columns = columnsOf(keywords, rowLength)
    this.#at = unit.dataAt
    this.#rowLength = rowLength
    this.#heapAt = unit.dataAt + heap
    this.#heapEnd = unit.dataAt + unit.dataLength
  }

  has(column: string) {
    return this.#columns.has(column)
  }

  /** Rows `from` to `to` (exclusive) with what the heap has for them in `columns`, of as many at a time as memory allows. */
  async *rows(from: number, to: number, columns: readonly string[]): AsyncGenerator<[number, TileRow]> {
    const piece = Math.max(1, Math.floor(MOST_AT_ONCE / this.#rowLength))
    for (let first = from; first < to; first += piece) {
      const last = Math.min(first + piece, to)
      const rows = Buffer.allocUnsafe((last - first) * this.#rowLength)
      await readAll(this.#bytes, this.#at + first * this.#rowLength, rows)
      yield* this.#withHeap(rows, first, last, columns)
    }
  }

  async *#withHeap(rows: Buffer, first: number, last: number, columns: readonly string[]) {
    for (let begin = first; begin < last; ) {
      let low = Number.POSITIVE_INFINITY
      let high = 0
      let sum = 0
      let end = begin
      const spans: Map<string, [number, number]>[] = []
      for (; end < last; end++) {
        const ofRow = this.#spans(rows.subarray((end - first) * this.#rowLength), columns)
        let newLow = low
        let newHigh = high
        let newSum = sum
        for (const [at, until] of ofRow.values()) {
          newLow = Math.min(newLow, at)
          newHigh = Math.max(newHigh, until)
          newSum += until - at
        }
        const isFar = newHigh - newLow > Math.min(MOST_AT_ONCE, newSum * 2 + 65_536)
        if (end > begin && isFar) break
        spans.push(ofRow)
        if (end === begin && isFar) {
          // Alone, and its columns far apart: each is read by itself.
          end++
          break
        }
        low = newLow
        high = newHigh
        sum = newSum
      }
      const heap = high > low ? Buffer.allocUnsafe(high - low) : Buffer.alloc(0)
      if (heap.length) await readAll(this.#bytes, low, heap)
      for (const [i, ofRow] of spans.entries()) {
        const found = new Map<string, Uint8Array>()
        for (const [column, [at, until]] of ofRow) {
          if (heap.length) found.set(column, heap.subarray(at - low, until - low))
          else {
            const alone = Buffer.allocUnsafe(until - at)
            await readAll(this.#bytes, at, alone)
            found.set(column, alone)
          }
        }
        const row = rows.subarray((begin + i - first) * this.#rowLength)
        yield [begin + i, { number: (name) => this.#number(row, name), bytes: (name) => found.get(name) }] satisfies [
          number,
          TileRow,
        ]
      }
      begin = end
    }
  }

  /** Where the heap's arrays of a row stand in the file; empty ones are left out. @throws ImageError */
  #spans(row: Buffer, columns: readonly string[]): Map<string, [number, number]> {
    const spans = new Map<string, [number, number]>()
    for (const name of columns) {
      const column = this.#columns.get(name)
      if (!column?.elements) continue
      const isLong = column.type === 'Q'
      const count = isLong ? Number(row.readBigInt64BE(column.at)) : row.readInt32BE(column.at)
      const offset = isLong ? Number(row.readBigInt64BE(column.at + 8)) : row.readInt32BE(column.at + 4)
      if (count === 0) continue
      const at = this.#heapAt + offset
      const end = at + count * (WIDTHS[column.elements] as number)
      if (count < 0 || offset < 0 || end > this.#heapEnd)
        throw new ImageError('bad_header', 'A tile points outside of the heap.')
      if (end - at > this.#mostPacked)
        throw new ImageError('bad_header', 'A compressed tile is longer than its pixels.')
      spans.set(name, [at, end])
    }
    return spans
  }

  #number(row: Buffer, name: string): number | undefined {
    const column = this.#columns.get(name)
    if (column?.type === 'D') return row.readDoubleBE(column.at)
    if (column?.type === 'E') return row.readFloatBE(column.at)
    if (column?.type === 'J') return row.readInt32BE(column.at)
    if (column?.type === 'I') return row.readInt16BE(column.at)
    if (column?.type === 'B') return row[column.at]
    if (column?.type === 'K') return Number(row.readBigInt64BE(column.at))
    return undefined
  }
}

function columnsOf(keywords: Keywords, rowLength: number): Map<string, Column> {
  const columns = new Map<string, Column>()
  const count = Math.min(keywords.number('TFIELDS') ?? 0, 999)
  let at = 0
  for (let i = 1; i <= count; i++) {
    const form = /^(\d*)([LXBIJKAEDCMPQ])([LXBIJKAEDCM])?/.exec(keywords.string(`TFORM${i}`)?.trim() ?? '')
    if (!form) throw new ImageError('bad_header', `TFORM${i} is missing or no type of a column.`)
    const repeat = form[1] ? Number(form[1]) : 1
    const type = form[2] as string
    const isArray = type === 'P' || type === 'Q'
    const width =
      type === 'X' ? Math.ceil(repeat / 8) : repeat * (isArray ? (type === 'P' ? 8 : 16) : (WIDTHS[type] ?? 1))
    const name = keywords.string(`TTYPE${i}`)?.trim().toUpperCase()
    if (isArray && form[3] === 'X') throw new ImageError('not_supported', 'Arrays of bits are not read.')
    if (name && repeat > 0) columns.set(name, { at, type, ...(isArray && { elements: form[3] ?? 'B' }) })
    at += width
  }
  if (at > rowLength) throw new ImageError('bad_header', 'The columns of a table are longer than its rows.')
  return columns
}
