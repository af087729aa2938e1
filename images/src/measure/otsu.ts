import type { Samples } from '../image.ts'
import { moments } from './ranks.ts'

/** Spans that floating point and wide ranges are counted in. */
const SPANS = 4096

/**
 * Otsu's threshold: of all levels the one that parts the samples into two classes whose means are farthest apart, in
 * terms of their variance between. Samples above it are of the upper class. Whole numbers that span fewer than 4,096
 * levels are counted each; others in 4,096 spans. Null where all are alike, or blank.
 */
export function otsu(samples: Samples): number | null {
  const { count, low, high } = moments(samples)
  if (count === 0 || !(high > low) || !Number.isFinite(high - low)) return null
  const isCounted = !(samples instanceof Float32Array || samples instanceof Float64Array) && high - low < SPANS
  const spans = isCounted ? high - low + 1 : SPANS
  const width = isCounted ? 1 : (high - low) / SPANS
  const counts = new Float64Array(spans)
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (Number.isNaN(value)) continue
    const span = Math.min(Math.floor((value - low) / width), spans - 1)
    counts[span] = (counts[span] as number) + 1
  }
  const span = bestSplit(counts, count)
  return isCounted ? low + span : low + (span + 1) * width
}

/** The last span of the lower class. */
function bestSplit(counts: Float64Array, total: number): number {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += i * (counts[i] as number)
  let [best, most, lower, lowerSum] = [0, -1, 0, 0]
  for (let i = 0; i < counts.length - 1; i++) {
    lower += counts[i] as number
    lowerSum += i * (counts[i] as number)
    if (lower === 0 || lower === total) continue
    const apart = lowerSum / lower - (sum - lowerSum) / (total - lower)
    const between = lower * (total - lower) * apart * apart
    if (between > most) [best, most] = [i, between]
  }
  return best
}
