import type { Bytes } from '../bytes.ts'
import { type Card, ImageError } from '../image.ts'
import { BLOCK_LENGTH, CARD_LENGTH, Keywords, parseCards } from './cards.ts'

export const MOST_HEADER_BYTES = 1 << 20

/** One header and where its data stands. */
export interface Unit {
  cards: Card[]
  keywords: Keywords
  /** Where its data begins, in bytes. */
  dataAt: number
  /** Of its data, padding aside. */
  dataLength: number
  /** Where the next header would begin. */
  end: number
}

/**
 * Reads the header at `at`. Undefined where the bytes end right there, or what follows is no header (FITS 4.0, 3.5: other
 * records may follow).
 * @throws ImageError `bad_header` | `truncated`
 */
export async function readHeader(bytes: Bytes, at: number): Promise<Unit | undefined> {
  const parts: string[] = []
  let length = 0
  for (;;) {
    const block = Buffer.alloc(BLOCK_LENGTH)
    const count = await bytes.read(at + length, block)
    if (length === 0 && (count === 0 || !/^(SIMPLE {2}|XTENSION)=/.test(block.toString('latin1', 0, 9))))
      return undefined
    const text = block.toString('latin1', 0, count)
    parts.push(text)
    length += BLOCK_LENGTH
    if (hasEnd(text)) break
    if (count < BLOCK_LENGTH) throw new ImageError('truncated', 'The file ends within a FITS header.')
    if (length >= MOST_HEADER_BYTES) throw new ImageError('bad_header', 'A FITS header has no END within 1 MB.')
  }
  const cards = parseCards(parts.join(''))
  const keywords = new Keywords(cards)
  const dataLength = dataLengthOf(keywords)
  const dataAt = at + length
  return { cards, keywords, dataAt, dataLength, end: dataAt + Math.ceil(dataLength / BLOCK_LENGTH) * BLOCK_LENGTH }
}

function hasEnd(text: string) {
  for (let at = 0; at < text.length; at += CARD_LENGTH)
    if (text.startsWith('END', at) && text.slice(at + 3, at + CARD_LENGTH).trim() === '') return true
  return false
}

/** FITS 4.0, 4.4.1.1 (equations 1 and 2) and 6.1.1, for random groups. */
function dataLengthOf(keywords: Keywords): number {
  const axes = axesOf(keywords, '')
  if (axes.length === 0) return 0
  const bits = bitpixOf(keywords.number('BITPIX'))
  const isGroups = axes[0] === 0 && keywords.isTrue('GROUPS')
  const elements = (isGroups ? axes.slice(1) : axes).reduce((product, axis) => product * axis, 1)
  const groups = keywords.number('GCOUNT') ?? 1
  const parameters = keywords.number('PCOUNT') ?? 0
  const length = (Math.abs(bits) / 8) * groups * (parameters + elements)
  if (groups < 0 || parameters < 0 || !Number.isSafeInteger(length))
    throw new ImageError('bad_header', 'A FITS header claims data of an impossible length.')
  return length
}

/**
 * The lengths of the axes, of `NAXIS`, or of `ZNAXIS` with the prefix `Z`.
 * @throws ImageError `bad_header`
 */
export function axesOf(keywords: Keywords, prefix: '' | 'Z'): number[] {
  const count = keywords.number(`${prefix}NAXIS`)
  if (count === undefined || !Number.isInteger(count) || count < 0 || count > 999)
    throw new ImageError('bad_header', `${prefix}NAXIS is missing or no number from 0 to 999.`)
  return Array.from({ length: count }, (_, i) => {
    const axis = keywords.number(`${prefix}NAXIS${i + 1}`)
    if (axis === undefined || !Number.isSafeInteger(axis) || axis < 0)
      throw new ImageError('bad_header', `${prefix}NAXIS${i + 1} is missing or no length.`)
    return axis
  })
}

export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64

/** @throws ImageError `bad_header` */
export function bitpixOf(value: number | undefined): Bitpix {
  if (value === 8 || value === 16 || value === 32 || value === 64 || value === -32 || value === -64) return value
  throw new ImageError('bad_header', 'BITPIX is none of 8, 16, 32, 64, -32, -64.')
}
