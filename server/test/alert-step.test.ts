import { describe, expect, test } from 'vitest'
import { afterClockStep, type Course, step } from '../src/alerts/step.ts'

/** One step of one alert. */

const WAITS = { forMs: 100, clearMs: 50 }
const at = (now: number, watchedSince = 0) => ({ now, watchedSince })
const course = (said: Partial<Course>): Course => ({
  ...{ state: 'pending', since: 1000, unseen_ms: 0, unseen_since: null, clear_since: null },
  ...said,
})
const firing = (said: Partial<Course> = {}) => course({ state: 'firing', ...said })

describe('where none stands', () => {
  test('what does not hold, or what nobody can tell, begins nothing', () =>
    expect([false, null].map((holds) => step(null, { holds }, WAITS, at(1000)))).toEqual([null, null]))
  test('what holds is pending from then on', () =>
    expect(step(null, { holds: true }, WAITS, at(1000))).toEqual({ to: 'pending', changes: course({}) }))
  test('or fires at once, where it has held for as long, or does not have to', () => {
    expect(step(null, { holds: true, since: 900 }, WAITS, at(1000))).toMatchObject({
      to: 'firing',
      changes: { since: 900 },
    })
    expect(step(null, { holds: true }, { ...WAITS, forMs: 0 }, at(1000))).toMatchObject({ to: 'firing' })
  })
  test('what held before anybody looked does not count, nor what is to come', () => {
    expect(step(null, { holds: true, since: 1 }, WAITS, at(1000, 950))).toMatchObject({
      to: 'pending',
      changes: { since: 950 },
    })
    expect(step(null, { holds: true, since: 2000 }, WAITS, at(1000))).toMatchObject({ changes: { since: 1000 } })
  })
})

describe('pending', () => {
  test('fires when it has held for long enough, not before', () => {
    expect(step(course({}), { holds: true }, WAITS, at(1099))).toBeNull()
    expect(step(course({}), { holds: true }, WAITS, at(1100))).toEqual({ to: 'firing', changes: firing() })
  })
  test('is dropped as soon as it does not hold', () =>
    expect(step(course({}), { holds: false }, WAITS, at(1099))).toEqual({ to: 'dropped' }))
  test('while nobody can tell it neither fires nor ends, and that time does not count', () => {
    expect(step(course({}), { holds: null }, WAITS, at(1050))).toEqual({ to: 'kept', changes: { unseen_since: 1050 } })
    const unseen = course({ unseen_since: 1050 })
    expect(step(unseen, { holds: null }, WAITS, at(9000))).toBeNull()
    expect(step(unseen, { holds: true }, WAITS, at(9000))).toEqual({
      to: 'kept',
      changes: { unseen_ms: 7950, unseen_since: null },
    })
    expect(step(course({ unseen_ms: 7950 }), { holds: true }, WAITS, at(9049))).toBeNull()
    expect(step(course({ unseen_ms: 7950 }), { holds: true }, WAITS, at(9050))).toMatchObject({ to: 'firing' })
  })
})

describe('firing', () => {
  test('goes on while it holds, or while nobody can tell', () =>
    expect([true, null].map((holds) => step(firing(), { holds }, WAITS, at(2000)))).toEqual([null, null]))
  test('ends when it has not held for long enough', () => {
    expect(step(firing(), { holds: false }, WAITS, at(2000))).toEqual({ to: 'kept', changes: { clear_since: 2000 } })
    expect(step(firing({ clear_since: 2000 }), { holds: false }, WAITS, at(2049))).toBeNull()
    expect(step(firing({ clear_since: 2000 }), { holds: false }, WAITS, at(2050))).toEqual({ to: 'resolved' })
    expect(step(firing(), { holds: false }, { ...WAITS, clearMs: 0 }, at(2000))).toEqual({ to: 'resolved' })
  })
  test.each([true, null])('%s in between begins that anew', (holds) =>
    expect(step(firing({ clear_since: 2000 }), { holds }, WAITS, at(2040))).toEqual({
      to: 'kept',
      changes: { clear_since: null },
    }),
  )
})

describe('a clock that is set', () => {
  const heldAt = (alert: Course, now: number) => now - alert.since - alert.unseen_ms
  const set = (alert: Course, ...steps: number[]) => {
    const after = { ...alert }
    for (const by of steps) Object.assign(after, afterClockStep(after, by))
    return after
  }
  test.each([[5000], [-5000], [5000, -5000], [5000, -8000], [-3000, 9000], [7000, -2000]])(
    'by %j, %j: as much time has gone by as before',
    (...steps) => {
      const by = steps.reduce((sum, one) => sum + one)
      for (const unseen_since of [null, 1040]) {
        const before = course({ unseen_ms: 20, unseen_since })
        const after = set(before, ...steps)
        const fires = (alert: Course, from: number) => {
          for (let now = from; ; now++)
            if (step(alert, { holds: true }, WAITS, at(now))?.to === 'firing') return now - from
        }
        if (unseen_since === null) expect(heldAt(after, 1050 + by)).toBe(heldAt(before, 1050))
        const seen = (alert: Course, now: number) => {
          const next = step(alert, { holds: true }, WAITS, at(now))
          return next && 'changes' in next ? { ...alert, ...next.changes } : alert
        }
        expect(fires(seen(after, 1050 + by), 1050 + by)).toBe(fires(seen(before, 1050), 1050))
      }
    },
  )
  test('there and back it began when it did', () => expect(set(course({}), 5000, -5000)).toEqual(course({})))
  test('back, it does not begin in the future', () => expect(set(course({}), -5000).since).toBe(-4000))
  test('the time to the end goes on where it is set back, and begins anew where it goes ahead', () => {
    expect(set(firing({ clear_since: 2000 }), -500)).toMatchObject({ clear_since: 1500, since: 1000 })
    expect(set(firing({ clear_since: 2000 }), 500)).toMatchObject({ clear_since: null, since: 1000 })
  })
})
