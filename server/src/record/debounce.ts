import type { UnknownReason } from '@ajar/protocol'
import type { Span } from '../database/camera-rows.ts'
import type { CameraStateRow, TransitionRow } from '../database/schema.ts'

/** What one result says of a camera: a state it has earned, or `unknown` with the reason. */
export interface Observation {
  capturedAt: number
  state: string
  reason: UnknownReason | null
  confidence: number | null
  /** `device/camera@version`, or null where there was none to ask. */
  model: string | null
}

/** A change of a camera's state, as its row says it. */
export type Transition = Omit<TransitionRow, 'id' | 'camera'>

export const UNKNOWN = 'unknown'
/** So many frames in a row unlike anything in training: the camera was moved, it is no passer-by. */
const MOVED_AFTER = 30

/** A camera of which nothing is known yet. */
export function nothingKnown(camera: string): CameraStateRow {
  return {
    camera,
    state: UNKNOWN,
    reason: 'no_model',
    confidence: null,
    since: null,
    frame_at: null,
    model: null,
    run_state: null,
    run_length: 0,
    run_since: null,
    unlike_length: 0,
    newest_at: null,
    received_at: null,
    late_from: null,
  }
}

/** Whether the state is `unknown` because frames had stopped. */
export function isForgotten({ state, reason }: CameraStateRow): boolean {
  return state === UNKNOWN && (reason === 'stale' || reason === 'offline')
}

/**
 * One observation, in capture order: the state changes once `needed` results in a row agree on another one, and the
 * change counts from the first of them.
 */
export function debounce(
  before: CameraStateRow,
  observation: Observation,
  needed: number,
): { after: CameraStateRow; transition: Transition | null } {
  const { capturedAt, state, confidence, model } = observation
  const run_length = before.run_state === state ? before.run_length + 1 : 1
  const run_since = before.run_state === state ? (before.run_since ?? capturedAt) : capturedAt
  const unlike_length = observation.reason === 'unlike_training' ? before.unlike_length + 1 : 0
  const reason = unlike_length >= MOVED_AFTER ? 'moved' : observation.reason
  const seen = { run_state: state, run_length, run_since, unlike_length, newest_at: capturedAt }
  if (state === before.state) {
    const since = before.since ?? capturedAt
    return { after: { ...before, ...seen, reason, confidence, since, frame_at: capturedAt, model }, transition: null }
  }
  if (run_length < needed) return { after: { ...before, ...seen }, transition: null }
  const transition: Transition = {
    at: run_since,
    from_state: before.state,
    to_state: state,
    reason,
    confidence,
    frame_at: capturedAt,
    model,
  }
  const after = { ...before, ...seen, state, reason, confidence, since: run_since, frame_at: capturedAt, model }
  return { after, transition }
}

/** Frames have stopped: nobody knows the state any more, and it has to be earned again. */
export function forget(
  before: CameraStateRow,
  reason: 'stale' | 'offline',
  at: number,
): { after: CameraStateRow; transition: Transition | null } {
  const after: CameraStateRow = {
    ...before,
    state: UNKNOWN,
    reason,
    confidence: null,
    since: before.state === UNKNOWN ? before.since : at,
    frame_at: null,
    run_state: null,
    run_length: 0,
    run_since: null,
    unlike_length: 0,
  }
  if (before.state === UNKNOWN) return { after, transition: null }
  const { state: from_state, model } = before
  return { after, transition: { at, from_state, to_state: UNKNOWN, reason, confidence: null, frame_at: null, model } }
}

/** The state of a camera once frames of a span are gone: nothing names them any more, and what was seen stays seen. */
export function forgetSpan(before: CameraStateRow, { from, to }: Span): CameraStateRow {
  const isGone = (at: number | null) => at !== null && at >= from && at < to
  const { frame_at, late_from, newest_at } = before
  return {
    ...before,
    frame_at: isGone(frame_at) ? null : frame_at,
    late_from: isGone(late_from) ? (newest_at !== null && to <= newest_at ? to : null) : late_from,
  }
}
