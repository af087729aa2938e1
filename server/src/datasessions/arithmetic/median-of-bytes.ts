import { type Bounds, bandsOf, eachBand, MEMORY_BYTES, placesOf } from './bands.ts'
import type { Picture } from './pictures.ts'
import type { Survey } from './survey.ts'

/**
 * The median of 8-bit samples by counting them: by their high four bits first, then, of those that share the median's, by
 * their low four. Where pictures do not fit into memory each is decoded twice, and a sample takes 16 counts however many
 * there are.
 */

/** Counts, what is searched, and some pictures that wait to be counted. */
const BYTES_OF_SAMPLE = 16 * 4 + 6 + 8
/** So many pictures are counted at once, tile by tile: the counts of a whole picture are no sight for a cache. */
const AT_ONCE = 8
/** So many samples: their counts fit into the nearer caches. */
const TILE = 2048

type Counts = Uint16Array | Uint32Array

/** How often each picture is decoded. */
export function passesOfBytes(shape: Survey, count: number, memoryBytes: number): number {
  const length = shape.width * shape.height * shape.planes
  return count * length <= memoryBytes ? 1 : 2 * Math.ceil((length * BYTES_OF_SAMPLE) / memoryBytes)
}

/** @param medians of whole pictures, which it fills in */
export async function medianOfBytes(
  pictures: readonly Picture[],
  shape: Survey,
  medians: Float32Array,
  { memoryBytes = MEMORY_BYTES, report }: Bounds,
) {
  if (passesOfBytes(shape, pictures.length, memoryBytes) === 1) return medianOfHeld(pictures, shape, medians, report)
  const count = pictures.length
  const bands = bandsOf(shape, shape.width * shape.planes * BYTES_OF_SAMPLE, memoryBytes)
  for (const [done, band] of bands.entries()) {
    const length = (band.to - band.from) * shape.width * shape.planes
    const counts = newCounts(count, length)
    const each = async (pass: number, take: (some: Uint8Array[]) => void) => {
      let some: Uint8Array[] = []
      await eachBand(pictures, shape, band, async (samples, i) => {
        some.push(samples as Uint8Array)
        if (some.length === AT_ONCE || i === count - 1) {
          take(some)
          some = []
        }
        await report?.((done + (pass + (i + 1) / count) / 2) / bands.length)
      })
    }
    await each(0, (some) => {
      for (const [from, to] of tiles(length)) countHigh(some, from, to, counts.subarray(16 * from, 16 * to))
    })
    const search = halves(counts, length, (count - 1) >> 1)
    counts.fill(0)
    await each(1, (some) => {
      for (const [from, to] of tiles(length))
        countLow(some, from, to, counts.subarray(16 * from, 16 * to), partOf(search, from, to))
    })
    for (const { inBand, inWhole, length: part } of placesOf(shape, band))
      for (let i = 0; i < part; i++) medians[inWhole + i] = found(counts, search, inBand + i, count)
  }
}

async function medianOfHeld(
  pictures: readonly Picture[],
  shape: Survey,
  medians: Float32Array,
  report: Bounds['report'],
) {
  const held: Uint8Array[] = []
  await eachBand(pictures, shape, { from: 0, to: shape.height }, async (samples, i) => {
    held.push(samples as Uint8Array)
    await report?.(i / pictures.length)
  })
  const count = pictures.length
  const counts = newCounts(count, TILE)
  for (const [from, to] of tiles(medians.length)) {
    counts.fill(0)
    countHigh(held, from, to, counts)
    const search = halves(counts, to - from, (count - 1) >> 1)
    counts.fill(0)
    countLow(held, from, to, counts, search)
    for (let i = from; i < to; i++) medians[i] = found(counts, search, i - from, count)
  }
  await report?.(1)
}

function newCounts(count: number, length: number): Counts {
  return count <= 0xffff ? new Uint16Array(16 * length) : new Uint32Array(16 * length)
}

function* tiles(length: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < length; from += TILE) yield [from, Math.min(length, from + TILE)]
}

interface Search {
  /** The high four bits of the lower of the middle two. */
  high: Uint8Array
  /** How many come before it among those that share them. */
  before: Uint32Array
  /** The smallest sample whose high bits are greater. */
  next: Uint8Array
}

function partOf({ high, before, next }: Search, from: number, to: number): Search {
  return { high: high.subarray(from, to), before: before.subarray(from, to), next: next.subarray(from, to) }
}

/** @param counts of the samples from `from` to `to` */
function countHigh(pictures: readonly Uint8Array[], from: number, to: number, counts: Counts) {
  for (const samples of pictures)
    for (let i = from, to16 = 0; i < to; i++, to16 += 16) {
      const at = to16 | ((samples[i] as number) >> 4)
      counts[at] = (counts[at] as number) + 1
    }
}

/** @param rank of the lower of the middle two, from 0 */
function halves(counts: Counts, length: number, rank: number): Search {
  const search = {
    high: new Uint8Array(length),
    before: new Uint32Array(length),
    next: new Uint8Array(length).fill(255),
  }
  for (let i = 0; i < length; i++) {
    let [before, high] = [rank, 0]
    for (; before >= (counts[16 * i + high] as number); high++) before -= counts[16 * i + high] as number
    search.high[i] = high
    search.before[i] = before
  }
  return search
}

/** @param counts and @param search of the samples from `from` to `to` */
function countLow(pictures: readonly Uint8Array[], from: number, to: number, counts: Counts, { high, next }: Search) {
  for (const samples of pictures)
    for (let i = from, j = 0; i < to; i++, j++) {
      const value = samples[i] as number
      const above = (value >> 4) - (high[j] as number)
      if (above === 0) {
        const at = (j << 4) | (value & 15)
        counts[at] = (counts[at] as number) + 1
      } else if (above > 0 && value < (next[j] as number)) next[j] = value
    }
}

function found(counts: Counts, { high, before, next }: Search, i: number, count: number): number {
  let rank = before[i] as number
  let low = 0
  for (; rank >= (counts[16 * i + low] as number); low++) rank -= counts[16 * i + low] as number
  const lower = 16 * (high[i] as number) + low
  if (count % 2 === 1 || rank + 1 < (counts[16 * i + low] as number)) return lower
  for (low++; low < 16; low++) if (counts[16 * i + low] !== 0) return (lower + 16 * (high[i] as number) + low) / 2
  return (lower + (next[i] as number)) / 2
}
