import { type Image, ImageError, type ImageReader, type Samples } from '../image.ts'
import type { Keywords } from './cards.ts'
import type { Bitpix } from './header.ts'

/** Samples as a FITS file holds them, in this machine's byte order. */
export type Stored = Uint8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

/** How stored numbers become samples: FITS 4.0, 4.4.2.5 (BSCALE, BZERO, BLANK). */
export interface Scale {
  bitpix: Bitpix
  scale: number
  zero: number
  blank: number | null
  sampleType: ImageReader['sampleType']
}

/** `blank` is told where it does not stand in BLANK. */
export function scaleOf(keywords: Keywords, bitpix: Bitpix, blank = keywords.number('BLANK') ?? null): Scale {
  const scale = keywords.number('BSCALE') ?? 1
  const zero = keywords.number('BZERO') ?? 0
  // BLANK is of integers only: floating point has NaN.
  const kept = bitpix > 0 ? blank : null
  return { bitpix, scale, zero, blank: kept, sampleType: sampleTypeOf(bitpix, scale, zero, kept !== null) }
}

function sampleTypeOf(bitpix: Bitpix, scale: number, zero: number, hasBlanks: boolean): Scale['sampleType'] {
  if (bitpix === -32) return 'f32'
  if (bitpix === -64 || bitpix === 64) return 'f64'
  const isWhole = scale === 1 && !hasBlanks
  if (bitpix === 32) return isWhole && zero === 0 ? 'i32' : 'f64'
  if (!isWhole) return 'f32'
  if (zero === 0) return bitpix === 8 ? 'u8' : 'i16'
  if (bitpix === 16 && zero === 32768) return 'u16'
  return bitpix === 8 && zero === -128 ? 'i16' : 'f32'
}

const OF_SAMPLES = {
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
}

export function newSamples(type: ImageReader['sampleType'], length: number): Samples {
  return new OF_SAMPLES[type](length)
}

export function sampleTypeOfArray(samples: Samples): ImageReader['sampleType'] {
  for (const [type, of] of Object.entries(OF_SAMPLES))
    if (samples instanceof of) return type as ImageReader['sampleType']
  throw new TypeError('These are no samples.')
}

const OF_BITPIX = {
  8: Uint8Array,
  16: Int16Array,
  32: Int32Array,
  64: BigInt64Array,
  [-32]: Float32Array,
  [-64]: Float64Array,
}

/** Turns big-endian bytes (FITS 4.0, 5) around where they are, and sees them as numbers. They begin at a multiple of 8. */
export function storedOf(bytes: Buffer, bitpix: Bitpix): Stored {
  const width = Math.abs(bitpix) / 8
  if (width === 2) bytes.swap16()
  else if (width === 4) bytes.swap32()
  else if (width === 8) bytes.swap64()
  return new OF_BITPIX[bitpix](bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / width)
}

/** The same numbers, stored as `bitpix` says: what does not fit wraps around. */
export function castTo(stored: Stored, bitpix: Bitpix): Stored {
  const Kind = OF_BITPIX[bitpix]
  if (stored instanceof Kind) return stored
  if (stored instanceof BigInt64Array || Kind === BigInt64Array || bitpix < 0)
    throw new ImageError('bad_header', 'A compressed tile holds numbers of another kind than its image.')
  return new (Kind as Int32ArrayConstructor)(stored as Int32Array)
}

/** What stored numbers mean. Where that is just what they are, nothing is copied. */
export function samplesOf(stored: Stored, { scale, zero, blank, sampleType }: Scale): Samples {
  if (scale === 1 && zero === 0 && blank === null && !(stored instanceof BigInt64Array)) return stored
  if (sampleType === 'u16') return flipped(stored as Int16Array)
  const samples = newSamples(sampleType, stored.length)
  if (stored instanceof BigInt64Array) {
    const blank64 = blank === null ? null : BigInt(blank)
    for (let i = 0; i < stored.length; i++)
      samples[i] = stored[i] === blank64 ? Number.NaN : Number(stored[i]) * scale + zero
  } else if (blank === null) {
    for (let i = 0; i < stored.length; i++) samples[i] = (stored[i] as number) * scale + zero
  } else {
    for (let i = 0; i < stored.length; i++)
      samples[i] = stored[i] === blank ? Number.NaN : (stored[i] as number) * scale + zero
  }
  return samples
}

/** Adds 32768, in place, two numbers at a time: the topmost bit of each is turned. */
function flipped(stored: Int16Array): Uint16Array {
  const samples = new Uint16Array(stored.buffer, stored.byteOffset, stored.length)
  const pairs =
    samples.byteOffset % 4 === 0 ? new Uint32Array(samples.buffer, samples.byteOffset, samples.length >> 1) : []
  for (let i = 0; i < pairs.length; i++) (pairs as Uint32Array)[i] = (pairs[i] as number) ^ 0x80008000
  for (let i = pairs.length * 2; i < samples.length; i++) samples[i] = (samples[i] as number) ^ 0x8000
  return samples
}

/** What a picture may take in memory. */
const MOST_BYTES = 1.25e9

/** All samples of a reader. @throws ImageError */
export async function loadAll(reader: ImageReader): Promise<Image> {
  const { width, height, planes } = reader
  if (width * height * planes * OF_SAMPLES[reader.sampleType].BYTES_PER_ELEMENT > MOST_BYTES)
    throw new ImageError('too_large', 'This picture takes more than 1.25 GB of memory.')
  return { width, height, planes, samples: await reader.rows(0, height) }
}
