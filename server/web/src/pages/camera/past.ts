import type { List, SegmentBody } from '../../api/bodies.ts'
import { get, type Query } from '../../api/client.ts'
import type { BucketBody, HistoryBody, TimeInStateBody } from '../../api/history-bodies.ts'
import { type Segment, segmentsOf } from '../../live/segments.ts'
import type { Span } from '../../ribbon/band.ts'

/** A line of the page is about so many pixels wide: finer nobody sees. */
export const POINTS = 600
/** So many changes of state are listed. */
export const MOST_CHANGES = 20

/** For each segment that is drawn so many changes, more than one of which is left out now and then. */
const LEFT_OUT = 1.25

/** What is known of a span: as much as can be shown, however long it is. */
export interface Past {
  span: Span
  /** States, oldest first, as fine as can be drawn. */
  segments: Segment[]
  /** The newest changes of state, the newest first; none of them is left out because it was short. */
  changes: Segment[]
  times: TimeInStateBody[]
  /** The first moment of the camera of which anything is known, milliseconds UTC; null where there is none. */
  since: number | null
  /** How long each bucket is, in milliseconds. */
  width: number
  /** Results, oldest first, as fine as can be drawn. */
  buckets: BucketBody[]
}

export const NOTHING: Omit<Past, 'span'> = { segments: [], changes: [], times: [], since: null, width: 1, buckets: [] }

/** @param source path of what it is the past of, `/api/cameras/device/camera` @throws ApiError */
export async function loadPast(source: string, span: Span, signal: AbortSignal): Promise<Past> {
  const { from, to } = span
  const ask = <T>(what: string, more: Query = {}) => get<T>(`${source}/${what}`, { from, to, ...more }, signal)
  const every = Math.max(1, Math.round((to - from) / POINTS))
  const [ribbon, newest, history, times] = await Promise.all([
    ask<List<SegmentBody>>('ribbon', { every }),
    // One more, which tells whether the oldest that is shown followed on something.
    ask<List<SegmentBody>>('ribbon', { limit: MOST_CHANGES + 1 }),
    ask<HistoryBody>('history', { points: POINTS }),
    ask<List<TimeInStateBody>>('time-in-state'),
  ])
  return {
    span,
    segments: segmentsOf(ribbon.items, to),
    changes: changesOf(segmentsOf(newest.items, to), from),
    times: times.items,
    since: history.since === null ? null : Date.parse(history.since),
    width: history.width,
    buckets: history.items,
  }
}

/** How often the state changed over the span. */
export function changeCount({ times }: Pick<Past, 'times'>): number {
  return times.reduce((sum, { entered }) => sum + entered, 0)
}

/**
 * Whether so many changes lie between those that can be drawn that a ribbon of states would mislead: of a door that is
 * open now and then it would show, over a year, hardly any opening.
 */
export function isTooFine(past: Pick<Past, 'times' | 'segments'>): boolean {
  return changeCount(past) > LEFT_OUT * past.segments.length
}

/**
 * Segments that began with a change of state, the newest first. What follows on nothing, and came of no frame, is where
 * something was first known.
 * @param segments oldest first
 * @param from begin of the span: what is in force there may have begun before
 */
export function changesOf(segments: Segment[], from: number): Segment[] {
  const isChange = (segment: Segment, index: number) =>
    segment.from > from && (segment.frame !== null || segments[index - 1]?.to === segment.from)
  return segments.filter(isChange).toReversed().slice(0, MOST_CHANGES)
}
