import type { SegmentBody } from '../api/bodies.ts'
import type { TransitionEvent } from '../api/events.ts'

/** A span in which a camera was in one state; the last one goes on (`to` is Infinity). Milliseconds UTC. */
export interface Segment {
  from: number
  to: number
  state: string
  reason: string | null
  frame: string | null
}

/** @param until the end of the span that was asked for: what reaches it goes on */
export function segmentsOf(bodies: SegmentBody[], until: number): Segment[] {
  return bodies.map(({ from, to, ...rest }, index) => {
    const end = Date.parse(to)
    const goesOn = index === bodies.length - 1 && end >= until
    return { ...rest, from: Date.parse(from), to: goesOn ? Number.POSITIVE_INFINITY : end }
  })
}

/** With one change of state more, and without what ended before `oldest`. */
export function withChange(segments: Segment[], transition: TransitionEvent, oldest: number): Segment[] {
  if ('recomputedFrom' in transition) return segments
  const { at, to: state, reason, frame } = transition
  const before = segments
    .filter(({ from, to }) => from < at && to > oldest)
    .map((segment) => (segment.to > at ? { ...segment, to: at } : segment))
  return [...before, { from: at, to: Number.POSITIVE_INFINITY, state, reason, frame }]
}
