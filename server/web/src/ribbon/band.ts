import type { Segment } from '../live/segments.ts'

/** A span of time, milliseconds UTC. */
export interface Span {
  from: number
  to: number
}

/** A segment as it is drawn: fractions of the width of a span. */
export interface Band {
  left: number
  width: number
  segment: Segment
}

/** No frames came: there is nothing to say, and nothing is drawn. */
const SILENT = new Set<string | null>(['stale', 'offline'])

export function isSilent({ state, reason }: Segment): boolean {
  return state === 'unknown' && SILENT.has(reason)
}

/** What of the segments lies in the span, and says something. */
export function bandsOf(segments: Segment[], { from, to }: Span): Band[] {
  const length = to - from
  return segments.flatMap((segment) => {
    const begin = Math.max(segment.from, from)
    const end = Math.min(segment.to, to)
    return end <= begin || isSilent(segment)
      ? []
      : [{ left: (begin - from) / length, width: (end - begin) / length, segment }]
  })
}

/**
 * How high a state is drawn, 0..1: states differ in height as well as in colour. `unknown` fills all of it, hatched.
 * @param states of the camera, in the operator's order
 */
export function heightOf(state: string, states: string[]): number {
  const index = states.indexOf(state)
  if (index < 0 || states.length < 2) return 1
  return 0.4 + (0.6 * index) / (states.length - 1)
}

export function segmentAt(segments: Segment[], at: number): Segment | null {
  return segments.find(({ from, to }) => from <= at && at < to) ?? null
}
