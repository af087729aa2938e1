import type { AlertRow } from '../database/schema-alerts.ts'

/** What of a rule decides when its alerts begin and end. */
export interface Waits {
  forMs: number
  clearMs: number
}

/** An alert that has not ended, as far as the step looks at it. */
export type Course = Pick<AlertRow, 'state' | 'since' | 'unseen_ms' | 'unseen_since' | 'clear_since'>

/** What becomes of an alert; `changes` are for its row. `kept`: nobody is told. */
export type Step =
  | { to: 'pending' | 'firing'; changes: Course }
  | { to: 'kept'; changes: Partial<Course> }
  | { to: 'resolved' | 'dropped' }

/**
 * What becomes of the alert of a rule and a subject at one look: nothing (null), or one step.
 * @param alert null where none stands
 * @param watchedSince nobody looked before, so nothing counts that was so before then
 */
export function step(
  alert: Course | null,
  look: { holds: boolean | null; since?: number | null },
  { forMs, clearMs }: Waits,
  { now, watchedSince }: { now: number; watchedSince: number },
): Step | null {
  if (alert === null) {
    if (!look.holds) return null
    const since = Math.min(Math.max(look.since ?? now, watchedSince), now)
    return begun({ state: 'pending', since, unseen_ms: 0, unseen_since: null, clear_since: null })
  }
  if (alert.state === 'pending') return stepOfPending(alert)
  if (look.holds !== false) return alert.clear_since === null ? null : { to: 'kept', changes: { clear_since: null } }
  const clear_since = alert.clear_since ?? now
  if (now - clear_since >= clearMs) return { to: 'resolved' }
  return alert.clear_since === null ? { to: 'kept', changes: { clear_since } } : null

  function begun(course: Course): Step {
    const isLongEnough = now - course.since - course.unseen_ms >= forMs
    return isLongEnough ? { to: 'firing', changes: { ...course, state: 'firing' } } : { to: 'pending', changes: course }
  }

  function stepOfPending({ state, since, unseen_ms, unseen_since }: Course): Step | null {
    if (look.holds === false) return { to: 'dropped' }
    if (look.holds === null) return unseen_since === null ? { to: 'kept', changes: { unseen_since: now } } : null
    const unseen = unseen_ms + (unseen_since === null ? 0 : now - unseen_since)
    const next = begun({ state, since, unseen_ms: unseen, unseen_since: null, clear_since: null })
    if (next.to === 'firing') return next
    return unseen_since === null ? null : { to: 'kept', changes: { unseen_ms: unseen, unseen_since: null } }
  }
}

/**
 * What becomes of an alert that has not ended when nobody looked for a while, as after a start: that time counts neither
 * for its beginning nor for its end.
 * @param lastLook of one that is pending
 */
export function afterAbsence({ state, since, unseen_since }: Course, lastLook: number, now: number): Partial<Course> {
  if (state !== 'pending') return { clear_since: null }
  return { since: Math.min(since, now), unseen_since: Math.min(unseen_since ?? lastLook, now) }
}

/**
 * What becomes of an alert that has not ended when the clock was set: as much time has gone by as before.
 * @param by milliseconds; ahead: the machine may have slept, which is an absence
 */
export function afterClockStep(
  { state, since, unseen_ms, unseen_since, clear_since }: Course,
  by: number,
): Partial<Course> {
  if (state === 'firing') return { clear_since: clear_since === null || by > 0 ? null : clear_since + by }
  if (by > 0) return unseen_since === null ? { unseen_ms: unseen_ms + by } : {}
  // It may have been set ahead before, which did not count; the rest was ahead from the beginning.
  const taken = Math.min(unseen_ms, -by)
  const times = { since: since + by + taken, unseen_since: unseen_since === null ? null : unseen_since + by }
  return { ...times, unseen_ms: unseen_ms - taken }
}
