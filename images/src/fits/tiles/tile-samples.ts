import { ImageError, type ImageReader, type Samples } from '../../image.ts'
import type { Keywords } from '../cards.ts'
import type { Bitpix } from '../header.ts'
import { castTo, newSamples, type Scale, type Stored, samplesOf, scaleOf } from '../scale.ts'
import { type Dither, dequantise } from './dither.ts'
import type { TileRow, TileTable } from './table.ts'
import { type Unpack, unpackGzip, unpackOf, unpackPlain } from './unpack.ts'

/** What a row of the table means as samples. */
export class TileSamples {
  readonly sampleType: ImageReader['sampleType']
  /** Those whose arrays are in the heap, the usual one first. */
  readonly columns: readonly string[]
  readonly #keywords: Keywords
  readonly #bitpix: Bitpix
  readonly #scale: Scale
  readonly #unpack: Unpack
  readonly #isQuantised: boolean
  readonly #dither: Dither

  /** @throws ImageError */
  constructor(keywords: Keywords, table: TileTable, bitpix: Bitpix) {
    const hasBlanks = table.has('ZBLANK') || keywords.has('ZBLANK') || keywords.has('BLANK')
    this.#keywords = keywords
    this.#bitpix = bitpix
    this.#unpack = unpackOf(keywords)
    this.#isQuantised = bitpix < 0 && (table.has('ZSCALE') || keywords.has('ZSCALE'))
    this.#dither = ditherOf(keywords)
    // Which number is blank may differ from tile to tile.
    this.#scale = scaleOf(keywords, bitpix, hasBlanks ? 0 : null)
    this.sampleType = this.#scale.sampleType
    this.columns = ['COMPRESSED_DATA', 'GZIP_COMPRESSED_DATA', 'UNCOMPRESSED_DATA'].filter((name) => table.has(name))
  }

  /** @param count of samples in this tile. @throws ImageError */
  unpack(tile: number, row: TileRow, count: number): Samples {
    const packed = row.bytes('COMPRESSED_DATA')
    if (packed && this.#isQuantised) return this.#dequantised(tile, row, this.#unpack(packed, count, 32), count)
    const stored = packed ? this.#unpack(packed, count, this.#bitpix) : this.#otherwise(row, count)
    const blank = row.number('ZBLANK') ?? this.#keywords.number('ZBLANK') ?? this.#keywords.number('BLANK') ?? null
    return samplesOf(castTo(stored, this.#bitpix), { ...this.#scale, blank: this.#bitpix > 0 ? blank : null })
  }

  /** Of a tile that could not be compressed as the others (FITS 4.0, 10.1.3). */
  #otherwise(row: TileRow, count: number): Stored {
    const zipped = row.bytes('GZIP_COMPRESSED_DATA')
    if (zipped) return unpackGzip(zipped, count, this.#bitpix)
    const plain = row.bytes('UNCOMPRESSED_DATA')
    if (plain) return unpackPlain(plain, count, this.#bitpix)
    throw new ImageError('bad_header', 'A tile of a compressed FITS image has no data.')
  }

  #dequantised(tile: number, row: TileRow, whole: Stored, count: number): Samples {
    if (whole instanceof BigInt64Array)
      throw new ImageError('bad_header', 'A compressed tile holds numbers of 8 bytes where 4 are the most.')
    const value = (name: string) => row.number(name) ?? this.#keywords.number(name)
    const samples = newSamples(this.sampleType, count)
    dequantise(whole, samples, tile, {
      scale: value('ZSCALE') ?? 1,
      zero: value('ZZERO') ?? 0,
      blank: value('ZBLANK') ?? null,
      dither: this.#dither,
      seed: this.#keywords.number('ZDITHER0') ?? 1,
    })
    return samplesOf(samples as Stored, this.#scale)
  }
}

function ditherOf(keywords: Keywords): Dither {
  const named = keywords.string('ZQUANTIZ')?.trim() ?? 'NO_DITHER'
  if (named === 'NO_DITHER' || named === 'NONE') return 'NO_DITHER'
  if (named === 'SUBTRACTIVE_DITHER_1' || named === 'SUBTRACTIVE_DITHER_2') return named
  throw new ImageError('not_supported', `FITS compressed with ZQUANTIZ ${named} is not read.`)
}
