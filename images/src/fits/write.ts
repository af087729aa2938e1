import { type FileHandle, open } from 'node:fs/promises'
import type { Card, Image, ImageReader, Samples, Shape } from '../image.ts'
import { BLOCK_LENGTH, CARD_LENGTH, STRUCTURE } from './cards.ts'
import { formatCard } from './format-cards.ts'
import { sampleTypeOfArray } from './scale.ts'

const BITPIX = { u8: 8, i16: 16, u16: 16, i32: 32, f32: -32, f64: -64 }

/** Bytes turned around at a time. */
const PIECE = 1 << 20

/** Writes an image as a FITS file (4.0), replacing what is there, and to the disk before it returns. Row 0 is the top one. */
export async function writeFits(path: string, image: Image, cards: readonly Card[] = []): Promise<void> {
  const writer = await createFits(path, image, sampleTypeOfArray(image.samples), cards)
  try {
    await writer.write(0, image.samples)
  } finally {
    await writer.close()
  }
}

/** A FITS file that is written a few rows at a time. */
export async function createFits(
  path: string,
  { width, height, planes }: Shape,
  sampleType: ImageReader['sampleType'],
  cards: readonly Card[] = [],
): Promise<FitsWriter> {
  const header = headerOf({ width, height, planes }, sampleType, cards)
  const rowLength = (width * Math.abs(BITPIX[sampleType])) / 8
  const dataLength = rowLength * height * planes
  const file = await open(path, 'w')
  try {
    await file.write(header, 0, header.length, 0)
    // The end is padded with zeros (FITS 4.0, 3.3.2).
    await file.truncate(header.length + Math.ceil(dataLength / BLOCK_LENGTH) * BLOCK_LENGTH)
  } catch (error) {
    await file.close()
    throw error
  }
  return new FitsWriter(file, { width, height, planes }, sampleType, header.length)
}

export class FitsWriter {
  readonly #file: FileHandle
  readonly #shape: Shape
  readonly #sampleType: ImageReader['sampleType']
  readonly #dataAt: number

  constructor(file: FileHandle, shape: Shape, sampleType: ImageReader['sampleType'], dataAt: number) {
    this.#file = file
    this.#shape = shape
    this.#sampleType = sampleType
    this.#dataAt = dataAt
  }

  /**
   * Writes rows from `from` on.
   * @param samples plane by plane, as `ImageReader.rows` gives them; of the type the file was created with
   */
  async write(from: number, samples: Samples): Promise<void> {
    const { width, height, planes } = this.#shape
    const count = samples.length / (width * planes)
    if (!Number.isInteger(count) || from < 0 || from + count > height) throw new RangeError('These rows do not fit.')
    if (sampleTypeOfArray(samples) !== this.#sampleType) throw new TypeError('These samples are of another type.')
    const rowLength = width * samples.BYTES_PER_ELEMENT
    for (let plane = 0; plane < planes; plane++) {
      const part = samples.subarray(plane * count * width, (plane + 1) * count * width)
      await this.#writePart(this.#dataAt + (plane * height + from) * rowLength, part)
    }
  }

  async #writePart(at: number, part: Samples) {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    for (let done = 0; done < bytes.length; done += PIECE) {
      const piece = Buffer.from(bytes.subarray(done, done + PIECE))
      turnAround(piece, this.#sampleType)
      let written = 0
      while (written < piece.length)
        written += (await this.#file.write(piece, written, piece.length - written, at + done + written)).bytesWritten
    }
  }

  /** To the disk. Rows that were never written are zeros. */
  async close(): Promise<void> {
    try {
      await this.#file.datasync()
    } finally {
      await this.#file.close()
    }
  }
}

function turnAround(piece: Buffer, sampleType: ImageReader['sampleType']) {
  const width = Math.abs(BITPIX[sampleType]) / 8
  if (width === 2) piece.swap16()
  else if (width === 4) piece.swap32()
  else if (width === 8) piece.swap64()
  // BZERO 32768 (FITS 4.0, 5.2.5): the topmost bit, now in the first byte of each, is turned.
  if (sampleType === 'u16') for (let i = 0; i < piece.length; i += 2) piece[i] = (piece[i] as number) ^ 0x80
}

function headerOf({ width, height, planes }: Shape, sampleType: ImageReader['sampleType'], cards: readonly Card[]) {
  const own: Card[] = [
    { keyword: 'SIMPLE', value: true, comment: 'conforms to FITS standard' },
    { keyword: 'BITPIX', value: BITPIX[sampleType] },
    { keyword: 'NAXIS', value: planes === 1 ? 2 : 3 },
    { keyword: 'NAXIS1', value: width },
    { keyword: 'NAXIS2', value: height },
  ]
  if (planes !== 1) own.push({ keyword: 'NAXIS3', value: planes, comment: 'red, green, blue' })
  if (sampleType === 'u16')
    own.push({ keyword: 'BSCALE', value: 1 }, { keyword: 'BZERO', value: 32768, comment: 'unsigned' })
  own.push({ keyword: 'ROWORDER', value: 'TOP-DOWN', comment: 'the first row is the top one' })
  const others = cards.filter(({ keyword }) => !STRUCTURE.test(keyword))
  const text = `${[...own, ...others].map(formatCard).join('')}${'END'.padEnd(CARD_LENGTH)}`
  return Buffer.from(text.padEnd(Math.ceil(text.length / BLOCK_LENGTH) * BLOCK_LENGTH), 'latin1')
}
