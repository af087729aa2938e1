import type { ResultBody } from '../../api/bodies.ts'
import { shortDay, shortTime, timeOfDay } from '../../design/words.ts'
import type { Span } from '../../ribbon/band.ts'

/** Where no result came for so large a part of the span, the line is broken. */
const GAP = 0.02
const DAY_S = 86_400
const MINUTE_S = 60

/** The confidence of results as a line: times in seconds UTC, null where it is broken. */
export function lineOf(results: ResultBody[], { from, to }: Span) {
  const times: number[] = []
  const confidences: (number | null)[] = []
  let before = Number.NaN
  for (const { capturedAt, confidence } of results) {
    const at = Date.parse(capturedAt)
    if (at - before > (to - from) * GAP) {
      times.push((before + at) / 2000)
      confidences.push(null)
    }
    times.push(at / 1000)
    confidences.push(confidence)
    before = at
  }
  return { times, confidences }
}

/**
 * A moment on the axis, in the viewer's zone.
 * @param step between two of them, in seconds
 */
export function momentInWords(at: number, step: number): string {
  if (step >= DAY_S) return shortDay(at)
  const isMidnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0
  if (isMidnight && step >= MINUTE_S) return shortDay(at)
  return step < MINUTE_S ? timeOfDay(at, at) : shortTime(at)
}
