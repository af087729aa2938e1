import type { Image } from '../image.ts'

const MOST_SAMPLES = 1000
const CONTRAST = 0.25
const MOST_REJECTED = 0.5
const LEAST_SAMPLES = 5
const SIGMAS = 2.5
const MOST_ROUNDS = 5

/**
 * The limits between which faint things are seen, as IRAF's zscale finds them and astropy's `ZScaleInterval` does with
 * its defaults: a line is fitted to the sorted values of a sample, and its slope widened.
 */
export function zscale({ samples }: Pick<Image, 'samples'>): { zmin: number; zmax: number } {
  const sorted = sampleOf(samples)
  const count = sorted.length
  if (count === 0) return { zmin: 0, zmax: 0 }
  const zmin = sorted[0] as number
  const zmax = sorted[count - 1] as number
  const least = Math.max(LEAST_SAMPLES, Math.trunc(count * MOST_REJECTED))
  const fit = fitted(sorted, least)
  if (fit.kept < least) return { zmin, zmax }
  const slope = CONTRAST > 0 ? fit.slope / CONTRAST : fit.slope
  const center = (count - 1) >> 1
  const median =
    count % 2 ? (sorted[center] as number) : ((sorted[center] as number) + (sorted[center + 1] as number)) / 2
  return {
    zmin: Math.max(zmin, median - (center - 1) * slope),
    zmax: Math.min(zmax, median + (count - center) * slope),
  }
}

/** Every n-th of the finite samples, at most 1,000 of them, sorted. */
function sampleOf(samples: Image['samples']): Float64Array {
  const isFloat = samples instanceof Float32Array || samples instanceof Float64Array
  let finite = samples.length
  if (isFloat) {
    finite = 0
    for (let i = 0; i < samples.length; i++) if (Number.isFinite(samples[i])) finite++
  }
  const step = Math.max(1, Math.trunc(finite / MOST_SAMPLES))
  const sample = new Float64Array(Math.min(MOST_SAMPLES, Math.ceil(finite / step)))
  let seen = 0
  for (let i = 0, taken = 0; i < samples.length && taken < sample.length; i += isFloat ? 1 : step) {
    const value = samples[i] as number
    if (isFloat && (!Number.isFinite(value) || seen++ % step !== 0)) continue
    sample[taken++] = value
  }
  return sample.sort()
}

/** A line through the sorted values, those far from it left out in rounds, and their neighbours. */
function fitted(sorted: Float64Array, least: number): { kept: number; slope: number } {
  const count = sorted.length
  const grow = Math.max(1, Math.trunc(count * 0.01))
  let isBad = new Uint8Array(count)
  let slope = 0
  let kept = count
  let before = count + 1
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (kept >= before || kept < least) break
    const line = lineThrough(sorted, isBad)
    slope = line.slope
    const flat = Float64Array.from(sorted, (value, i) => value - (line.slope * i + line.intercept))
    const threshold = SIGMAS * deviation(flat, isBad)
    isBad = grown(
      isBad.map((bad, i) => (bad || Math.abs(flat[i] as number) > threshold ? 1 : 0)),
      grow,
    )
    before = kept
    kept = isBad.reduce((sum, bad) => sum - bad, count)
  }
  return { kept, slope }
}

function lineThrough(values: Float64Array, isBad: Uint8Array) {
  let count = 0
  let meanX = 0
  let meanY = 0
  for (let i = 0; i < values.length; i++)
    if (!isBad[i]) {
      count++
      meanX += i
      meanY += values[i] as number
    }
  meanX /= count
  meanY /= count
  let xx = 0
  let xy = 0
  for (let i = 0; i < values.length; i++)
    if (!isBad[i]) {
      xx += (i - meanX) ** 2
      xy += (i - meanX) * ((values[i] as number) - meanY)
    }
  const slope = xx > 0 ? xy / xx : 0
  return { slope, intercept: meanY - slope * meanX }
}

function deviation(values: Float64Array, isBad: Uint8Array) {
  let count = 0
  let sum = 0
  for (let i = 0; i < values.length; i++)
    if (!isBad[i]) {
      count++
      sum += values[i] as number
    }
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < values.length; i++) if (!isBad[i]) squares += ((values[i] as number) - mean) ** 2
  return Math.sqrt(squares / count)
}

/** As a convolution with `width` ones does it that keeps the length. */
function grown(isBad: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(isBad.length)
  const offset = (width - 1) >> 1
  for (let i = 0; i < isBad.length; i++)
    if (isBad[i]) out.fill(1, Math.max(0, i - offset), Math.max(0, i - offset + width))
  return out
}
