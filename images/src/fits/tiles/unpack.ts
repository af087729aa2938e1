import { gunzipSync } from 'node:zlib'
import { ImageError } from '../../image.ts'
import type { Keywords } from '../cards.ts'
import type { Bitpix } from '../header.ts'
import { type Stored, storedOf } from '../scale.ts'
import { unpackRice } from './rice.ts'

/** How a tile's bytes become the numbers they stand for: whole ones, or floating point as `bitpix` says. */
export type Unpack = (packed: Uint8Array, count: number, bitpix: Bitpix) => Stored

/** By ZCMPTYPE and its parameters (FITS 4.0, 10.4). @throws ImageError `not_supported` | `bad_header` */
export function unpackOf(keywords: Keywords): Unpack {
  const kind = keywords.string('ZCMPTYPE')?.trim()
  if (kind === 'GZIP_1') return unpackGzip
  if (kind === 'GZIP_2')
    return (packed, count, bitpix) => numbersOf(unshuffled(gunzipped(packed, count), count), count, bitpix)
  if (kind === 'NOCOMPRESS') return unpackPlain
  if (kind !== 'RICE_1' && kind !== 'RICE_ONE')
    throw new ImageError(
      'not_supported',
      `FITS compressed by ${kind ?? 'nothing known'} is not read; RICE_1, GZIP_1 and GZIP_2 are.`,
    )
  const parameters = parametersOf(keywords)
  const blockSize = parameters.get('BLOCKSIZE') ?? 32
  const bytesPerPixel = parameters.get('BYTEPIX') ?? 4
  if (bytesPerPixel !== 1 && bytesPerPixel !== 2 && bytesPerPixel !== 4)
    throw new ImageError('not_supported', `RICE_1 with BYTEPIX ${bytesPerPixel} is not read; 1, 2 and 4 are.`)
  if (!Number.isInteger(blockSize) || blockSize < 1)
    throw new ImageError('bad_header', 'BLOCKSIZE of RICE_1 is no number of pixels.')
  return (packed, count) => unpackRice(packed, count, bytesPerPixel, blockSize)
}

function parametersOf(keywords: Keywords) {
  const parameters = new Map<string, number>()
  for (let i = 1; keywords.has(`ZNAME${i}`); i++) {
    const value = keywords.number(`ZVAL${i}`)
    if (value !== undefined) parameters.set(keywords.string(`ZNAME${i}`)?.trim() ?? '', value)
  }
  return parameters
}

export function unpackGzip(packed: Uint8Array, count: number, bitpix: Bitpix): Stored {
  return numbersOf(gunzipped(packed, count), count, bitpix)
}

export function unpackPlain(bytes: Uint8Array, count: number, bitpix: Bitpix): Stored {
  // Turned around where they are: a copy, at a multiple of 8.
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return numbersOf(own, count, bitpix)
}

/** At most what numbers of 8 bytes take: more is no tile, or a bomb. */
function gunzipped(packed: Uint8Array, count: number): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: count * 8 })
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLong
      ? new ImageError('bad_header', 'A compressed tile holds more than its pixels.')
      : new ImageError('truncated', 'A compressed tile is damaged or ends early.')
  }
}

/** Numbers of as many bytes as there are for each; those of `bitpix` where that fits, else whole ones. */
function numbersOf(bytes: Buffer, count: number, bitpix: Bitpix): Stored {
  const width = bytes.length / count
  if (width !== 1 && width !== 2 && width !== 4 && width !== 8)
    throw new ImageError('bad_header', 'A compressed tile holds another number of pixels than its place takes.')
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer)
  return storedOf(aligned, width === Math.abs(bitpix) / 8 ? bitpix : ((width * 8) as Bitpix))
}

/** GZIP_2: the first bytes of all numbers, then the second ones (FITS 4.0, 10.4.2). */
function unshuffled(shuffled: Buffer, count: number): Buffer {
  const width = Math.floor(shuffled.length / count)
  if (width <= 1 || width * count !== shuffled.length) return shuffled
  const bytes = Buffer.allocUnsafeSlow(shuffled.length)
  for (let byte = 0, at = 0; byte < width; byte++)
    for (let i = byte; i < bytes.length; i += width) bytes[i] = shuffled[at++] as number
  return bytes
}
