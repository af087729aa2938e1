import { type Bytes, readAll } from '../bytes.ts'
import type { Card, ImageReader } from '../image.ts'
import type { Unit } from './header.ts'
import { type Scale, samplesOf, storedOf } from './scale.ts'
import type { Frame } from './units.ts'

/** An image that stands in the file as it is: rows are read where they lie. */
export class PlainReader implements ImageReader {
  readonly width: number
  readonly height: number
  readonly planes: number
  readonly sampleType: ImageReader['sampleType']
  readonly cards: readonly Card[]
  readonly #bytes: readonly Bytes[]
  readonly #dataAt: number
  readonly #scale: Scale

  /** @param bytes one for all planes, or one for each where they can be read forwards only */
  constructor(bytes: readonly Bytes[], unit: Unit, frame: Frame, scale: Scale) {
    this.#bytes = bytes
    this.#dataAt = unit.dataAt
    this.#scale = scale
    this.width = frame.width
    this.height = frame.height
    this.planes = frame.planes
    this.cards = unit.cards
    this.sampleType = scale.sampleType
  }

  async rows(from: number, to: number, into?: ArrayBuffer) {
    checkRows(this, from, to)
    const rowLength = (this.width * Math.abs(this.#scale.bitpix)) / 8
    const length = (to - from) * rowLength
    const size = length * this.planes
    // Not of Buffer's pool: its numbers begin at a multiple of 8, and become the caller's own.
    const all = into && into.byteLength >= size ? Buffer.from(into, 0, size) : Buffer.allocUnsafeSlow(size)
    for (let plane = 0; plane < this.planes; plane++) {
      const at = this.#dataAt + (plane * this.height + from) * rowLength
      const bytes = (this.#bytes[plane] ?? this.#bytes[0]) as Bytes
      await readAll(bytes, at, all.subarray(plane * length, (plane + 1) * length))
    }
    return samplesOf(storedOf(all, this.#scale.bitpix), this.#scale)
  }

  async close() {
    // One file may stand behind all of them.
    await Promise.all(this.#bytes.map((bytes) => bytes.close()))
  }
}

/** @throws RangeError where the caller asks for rows that no picture has */
export function checkRows({ height }: { height: number }, from: number, to: number) {
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= height))
    throw new RangeError(`Rows ${from} to ${to} of a picture of ${height} rows.`)
}
