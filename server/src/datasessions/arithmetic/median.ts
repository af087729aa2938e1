import type { Samples } from '@ajar/images'
import { type Band, type Bounds, BYTES, bandsOf, eachBand, MEMORY_BYTES, placesOf } from './bands.ts'
import { medianOfBytes, passesOfBytes } from './median-of-bytes.ts'
import { middle, presentIn } from './middle.ts'
import type { Combined, Picture, SampleType } from './pictures.ts'
import { type Survey, survey } from './survey.ts'

/**
 * The median of each sample over all pictures, blank ones left out. What it comes to does not depend on how much memory
 * there is: it holds all pictures where they fit, else a band of rows of each at a time, or counts 8-bit samples.
 * @throws OperationError `sizes_differ`, `too_large`, ImageError
 */
export async function medianOfPictures(pictures: readonly Picture[], bounds: Bounds = {}): Promise<Combined> {
  const shape = await survey(pictures)
  const { width, height, planes, of } = shape
  const memoryBytes = bounds.memoryBytes ?? MEMORY_BYTES
  const bands = bandsOf(shape, pictures.length * width * planes * BYTES[of], memoryBytes)
  const samples = newMedians(of, width * height * planes)
  if (of === 'u8' && passesOfBytes(shape, pictures.length, memoryBytes) <= bands.length)
    await medianOfBytes(pictures, shape, samples as Float32Array, { ...bounds, memoryBytes })
  else await medianInBands(pictures, shape, bands, samples, bounds)
  return { width, height, planes, samples, of }
}

/** 32 bits hold halves of 16-bit numbers. */
function newMedians(of: SampleType, length: number) {
  return of === 'i32' || of === 'f64' ? new Float64Array(length) : new Float32Array(length)
}

const ARRAYS = {
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
}

async function medianInBands(
  pictures: readonly Picture[],
  shape: Survey,
  bands: Band[],
  medians: Float32Array | Float64Array,
  { report }: Bounds,
) {
  const count = pictures.length
  const rows = bands[0] ? bands[0].to - bands[0].from : 0
  // A little apart, for rows of a round size would fall on one another in a cache.
  const apart = rows * shape.width * shape.planes + 96
  const all = new ARRAYS[shape.of](count * apart)
  const mayBeBlank = shape.of === 'f32' || shape.of === 'f64'
  for (const [done, band] of bands.entries()) {
    await eachBand(pictures, shape, band, async (samples, i) => {
      all.set(samples, i * apart)
      await report?.((done + (0.5 * (i + 1)) / count) / bands.length)
    })
    for (const { inBand, inWhole, length: part } of placesOf(shape, band))
      mediansOf(all, { from: inBand, length: part, apart, count, mayBeBlank }, medians, inWhole)
    await report?.((done + 1) / bands.length)
  }
}

/** So many samples of all pictures are brought side by side at once: about what the nearest cache holds. */
const TILE_BYTES = 32_768

/**
 * Medians over `count` pictures that stand `apart` samples from one another in `all`.
 * @param part of each picture: `length` samples from `from` on
 */
function mediansOf(
  all: Samples,
  part: { from: number; length: number; apart: number; count: number; mayBeBlank: boolean },
  medians: Float32Array | Float64Array,
  into: number,
) {
  const { count, apart, mayBeBlank } = part
  const width = Math.max(8, Math.floor(TILE_BYTES / 8 / count))
  const tile = new Float64Array(width * count)
  for (let at = 0; at < part.length; at += width) {
    const wide = Math.min(width, part.length - at)
    sideBySide(all, part.from + at, apart, count, wide, tile)
    for (let i = 0; i < wide; i++)
      medians[into + at + i] = middle(
        tile,
        i * count,
        mayBeBlank ? presentIn(tile, i * count, (i + 1) * count) : (i + 1) * count,
      )
  }
}

function sideBySide(all: Samples, at: number, apart: number, count: number, wide: number, tile: Float64Array) {
  for (let picture = 0; picture < count; picture++) {
    const from = at + picture * apart
    for (let i = 0; i < wide; i++) tile[i * count + picture] = all[from + i] as number
  }
}
