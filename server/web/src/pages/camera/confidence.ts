import type { BucketBody } from '../../api/history-bodies.ts'
import { month, shortDay, shortTime, timeOfDay } from '../../design/words.ts'
import type { Span } from '../../ribbon/band.ts'
import type { Past } from './past.ts'

/** Where no result came for so large a part of the span, the line is broken. */
const GAP = 0.02
/** Nor is it where the next bucket begins as this one ends. */
const BUCKETS_APART = 1.5
const DAY_S = 86_400
const MONTH_S = 28 * DAY_S
const MINUTE_S = 60

/** What uPlot draws: times in seconds UTC, and of each moment the mean, the most and the least, null where the line is broken. */
export interface Line {
  times: number[]
  means: (number | null)[]
  highs: (number | null)[]
  lows: (number | null)[]
}

/** The confidence of results as a line, and between which bounds it went up and down. A bucket stands in the middle of what is seen of it. */
export function lineOf({ width, buckets }: Pick<Past, 'width' | 'buckets'>, { from, to }: Span): Line {
  const line: Line = { times: [], means: [], highs: [], lows: [] }
  const gap = Math.max((to - from) * GAP, width * BUCKETS_APART)
  let before = Number.NaN
  for (const { at, confidence } of buckets) {
    const begin = Date.parse(at)
    if (begin - before > gap) add(line, (before + begin + width) / 2, null)
    add(line, (Math.max(begin, from) + Math.min(begin + width, to)) / 2, confidence)
    before = begin
  }
  return line
}

function add({ times, means, highs, lows }: Line, at: number, confidence: BucketBody['confidence']) {
  times.push(at / 1000)
  means.push(confidence?.mean ?? null)
  highs.push(confidence?.max ?? null)
  lows.push(confidence?.min ?? null)
}

/** The bucket in which a moment lies, or the next one where that is not farther than a few pixels; milliseconds UTC. */
export function bucketAt({ width, buckets, span }: Past, at: number): BucketBody | null {
  const near = Math.max(width, (span.to - span.from) * GAP) / 2
  let best: BucketBody | null = null
  let least = near
  for (const bucket of buckets) {
    const distance = Math.abs(Date.parse(bucket.at) + width / 2 - at)
    if (distance <= least) [best, least] = [bucket, distance]
  }
  return best
}

/** The bucket with the least confidence of all, or null where nothing has any. */
export function leastCertain(buckets: BucketBody[]): BucketBody | null {
  let least: BucketBody | null = null
  for (const bucket of buckets)
    if (bucket.confidence && bucket.confidence.min < (least?.confidence?.min ?? Number.POSITIVE_INFINITY))
      least = bucket
  return least
}

/**
 * A moment on the axis, in the viewer's zone.
 * @param step between two of them, in seconds
 */
export function momentInWords(at: number, step: number): string {
  if (step >= MONTH_S) return month(at)
  if (step >= DAY_S) return shortDay(at)
  const isMidnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0
  if (isMidnight && step >= MINUTE_S) return shortDay(at)
  return step < MINUTE_S ? timeOfDay(at, at) : shortTime(at)
}
