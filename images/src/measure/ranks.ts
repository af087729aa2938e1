import type { Samples } from '../image.ts'

/** What samples are like as a whole; blank ones (NaN) are left out. All but the counts are NaN where all are blank. */
export interface Moments {
  count: number
  blank: number
  mean: number
  /** Of all samples, as of a population: divided by their count. */
  deviation: number
  low: number
  high: number
}

export function moments(samples: Samples): Moments {
  let [count, sum, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (Number.isNaN(value)) continue
    count += 1
    sum += value
    if (value < low) low = value
    if (value > high) high = value
  }
  const blank = samples.length - count
  if (count === 0) return { count, blank, mean: Number.NaN, deviation: Number.NaN, low: Number.NaN, high: Number.NaN }
  const mean = sum / count
  // In a second pass: the difference of two large sums would say little of a faint picture on a bright sky.
  let squares = 0
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (!Number.isNaN(value)) squares += (value - mean) ** 2
  }
  return { count, blank, mean, deviation: Math.sqrt(squares / count), low, high }
}

/** The middle of the samples, or the mean of the two in the middle; blank ones are left out. NaN where all are blank. */
export function median(samples: Samples): number {
  return samples.BYTES_PER_ELEMENT <= 2 ? medianOfFew(samples) : medianInPlace(withoutBlanks(samples))
}

/** The value below which the share `part` (0..1) of the samples lies, between two of them where it falls there, as numpy has it; NaN where all are blank. */
export function quantile(samples: Samples, part: number): number {
  const { count, ranked } = rankedOf(samples)
  if (count === 0) return Number.NaN
  const at = (count - 1) * part
  const lower = ranked(Math.floor(at))
  const upper = at % 1 === 0 ? lower : ranked(Math.floor(at) + 1)
  if (lower === upper) return lower // also where both are infinite
  // From the nearer one, as numpy's rounding is.
  const [step, share] = [upper - lower, at % 1]
  return share < 0.5 ? lower + step * share : upper - step * (1 - share)
}

/** How many samples are not blank, and which one has a rank among them. */
function rankedOf(samples: Samples): { count: number; ranked(rank: number): number } {
  if (samples.BYTES_PER_ELEMENT <= 2) return { count: samples.length, ranked: countedRanks(samples) }
  const values = withoutBlanks(samples)
  const ranked = (rank: number) => {
    const found = narrowed(values, rank)
    return select(found.values, found.rank)
  }
  return { count: values.length, ranked }
}

/** Of whole numbers that are few: counting is quicker than sorting. */
function countedRanks(samples: Samples): (rank: number) => number {
  const least = samples instanceof Int16Array ? -32_768 : 0
  const counts = new Uint32Array(2 ** (8 * samples.BYTES_PER_ELEMENT))
  for (let i = 0; i < samples.length; i++) {
    const at = (samples[i] as number) - least
    counts[at] = (counts[at] as number) + 1
  }
  return (rank) => {
    let [at, below] = [0, 0]
    while (at < counts.length - 1 && below + (counts[at] as number) <= rank) below += counts[at++] as number
    return at + least
  }
}

/** The middle of how far samples are from `centre`: what a few of them, however far, do not change. */
export function medianDistance(samples: Samples, centre: number): number {
  return medianDistanceInPlace(withoutBlanks(samples), centre)
}

/**
 * How far samples are from their own middle, by the middle of that. A large picture has room for them once: they are used up.
 * NaN where all are blank.
 */
export function spreadInPlace(samples: Float32Array | Float64Array): number {
  const values = keepValues(samples, samples)
  return medianDistanceInPlace(values, medianInPlace(values))
}

function medianDistanceInPlace(values: Float32Array | Float64Array, centre: number): number {
  for (let i = 0; i < values.length; i++) values[i] = Math.abs((values[i] as number) - centre)
  return medianInPlace(values)
}

/** What a median distance of normally distributed samples is multiplied with to be their standard deviation. */
export const TO_SIGMA = 1.4826

function medianOfFew(samples: Samples): number {
  if (samples.length === 0) return Number.NaN
  const ranked = countedRanks(samples)
  return (ranked((samples.length - 1) >> 1) + ranked(samples.length >> 1)) / 2
}

/** A copy: 32 bits hold what 16 do. */
function withoutBlanks(samples: Samples): Float32Array | Float64Array {
  const isLong = samples instanceof Float64Array || samples instanceof Int32Array
  return keepValues(samples, isLong ? new Float64Array(samples.length) : new Float32Array(samples.length))
}

/** Those that are not blank. @param into may be the samples themselves */
function keepValues(samples: Samples, into: Float32Array | Float64Array): Float32Array | Float64Array {
  let count = 0
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (!Number.isNaN(value)) into[count++] = value
  }
  return into.subarray(0, count)
}

function medianInPlace(values: Float32Array | Float64Array): number {
  const { length } = values
  if (length === 0) return Number.NaN
  const upper = narrowed(values, length >> 1)
  if (length % 2 === 1) return select(upper.values, upper.rank)
  const lower = upper.rank > 0 ? { ...upper, rank: upper.rank - 1 } : narrowed(values, (length >> 1) - 1)
  return (select(lower.values, lower.rank) + select(upper.values, upper.rank)) / 2
}

/** Spans that many values are parted into, to look for a rank in one of them only. */
const SPANS = 4096
const MANY = 4 * SPANS
/** A copy of a part as small as this takes little beside them all. */
const FEW = 8

interface Narrowed {
  values: Float32Array | Float64Array
  rank: number
}

/** Those of many values among which the one of a rank is, and its rank among those: counting is quicker than moving them about. */
function narrowed(values: Float32Array | Float64Array, rank: number): Narrowed {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < low) low = value
    if (value > high) high = value
  }
  const perSpan = (SPANS - 1) / (high - low)
  if (values.length < MANY || !(perSpan > 0) || !Number.isFinite(perSpan)) return { values, rank }
  // Greater values are never in a lower span, for none of these steps, rounded or not, puts one before another.
  const counts = new Uint32Array(SPANS)
  for (let i = 0; i < values.length; i++) {
    const span = ((values[i] as number) - low) * perSpan
    counts[span | 0] = (counts[span | 0] as number) + 1
  }
  let [span, below] = [0, 0]
  while (below + (counts[span] as number) <= rank) below += counts[span++] as number
  // Most of them lie close together, as where a few are far off: a copy would be as large as they are.
  if ((counts[span] as number) > values.length / FEW) return { values, rank }
  const found = new Float64Array(counts[span] as number)
  let count = 0
  for (let i = 0; i < values.length; i++)
    if (((((values[i] as number) - low) * perSpan) | 0) === span) found[count++] = values[i] as number
  return { values: found, rank: rank - below }
}

/** The value of a rank, by Hoare's selection: what is below it stands before it then. */
function select(values: Float32Array | Float64Array, rank: number): number {
  let [low, high] = [0, values.length - 1]
  while (high > low) {
    // By chance, so that no picture can be made for which it takes the square of its pixels.
    const pivot = values[low + Math.floor(Math.random() * (high - low + 1))] as number
    let [i, j] = [low, high]
    while (i <= j) {
      while ((values[i] as number) < pivot) i++
      while ((values[j] as number) > pivot) j--
      if (i > j) break
      const value = values[i] as number
      values[i++] = values[j] as number
      values[j--] = value
    }
    if (rank <= j) high = j
    else if (rank >= i) low = i
    else break
  }
  return values[rank] as number
}
