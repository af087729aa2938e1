import { expect, test } from 'vitest'
import { announcementOf } from '../src/live/announcements.ts'
import { type LiveCamera, liveCamera, withAnswer, withResult, withTransition } from '../src/live/camera.ts'
import { segmentsOf, withChange } from '../src/live/segments.ts'
import { troubleOf } from '../src/live/trouble.ts'

const CAMERA = 'pi/cam'
const camera = (change: Partial<LiveCamera> = {}): LiveCamera => ({
  ...liveCamera({
    id: CAMERA,
    device: 'pi',
    camera: 'cam',
    states: ['closed', 'open'],
    threshold: 0.8,
    debounce: 3,
    staleAfterMs: 60_000,
    region: null,
    model: `${CAMERA}@1`,
    createdAt: '2026-01-01T00:00:00.000Z',
    state: { state: 'closed', confidence: 0.9, since: 1000, frame: `${CAMERA}/4000`, model: `${CAMERA}@1` },
    lastFrame: `${CAMERA}/5000`,
  }),
  ...change,
})
const result = (at: number, late = false) => ({
  camera: CAMERA,
  frame: `${CAMERA}/${at}`,
  state: 'open',
  confidence: 0.7,
  reason: null,
  model: `${CAMERA}@1`,
  late,
})
const transition = (at: number, to: string) => ({
  camera: CAMERA,
  at,
  from: 'closed',
  to,
  reason: null,
  confidence: 0.9,
  frame: `${CAMERA}/${at}`,
  model: `${CAMERA}@2`,
})

test('a camera shows its newest frame, not the one that made its state', () => {
  expect(camera()).toMatchObject({ frame: `${CAMERA}/5000`, frameAt: 5000, state: 'closed' })
})

test('a newer frame is shown; a late one, or one that is here already, changes nothing', () => {
  const before = camera()
  expect(withResult(before, result(6000))).toMatchObject({ frameAt: 6000, state: 'closed', result: { state: 'open' } })
  expect(withResult(before, result(4500, true))).toBe(before)
  expect(withResult(before, result(5000))).toBe(before)
})

test('why it is unknown is said anew by each result: there is no transition from unknown to unknown', () => {
  const unknown = camera({ state: 'unknown', reason: 'low_confidence' })
  const after = withResult(unknown, { ...result(6000), state: 'unknown', reason: 'covered' })
  expect(after.reason).toBe('covered')
})

test('an answer that an event has overtaken brings the settings, and takes no frame and no state back', () => {
  const shown = withTransition(withResult(camera(), result(7000)), transition(6000, 'open'))
  const loaded = camera({ states: ['closed', 'ajar', 'open'] })
  expect(withAnswer(shown, loaded)).toMatchObject({
    states: ['closed', 'ajar', 'open'],
    frameAt: 7000,
    state: 'open',
    since: 6000,
  })
  expect(withAnswer(camera(), camera({ frameAt: 9000, state: 'open' }))).toMatchObject({ frameAt: 9000, state: 'open' })
})

test('a transition changes the state; one of the past does not', () => {
  expect(withTransition(camera(), transition(6000, 'open'))).toMatchObject({
    state: 'open',
    since: 6000,
    model: `${CAMERA}@2`,
  })
  const before = camera()
  expect(withTransition(before, transition(500, 'open'))).toBe(before)
  const retold = { camera: CAMERA, recomputedFrom: 1, transitions: 2, since: 7 }
  expect(withTransition(before, retold)).toEqual({ ...before, since: 7 })
})

test('a strip goes on from what was loaded, and forgets what is older than an hour', () => {
  const body = (from: number, to: number, state: string) => ({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    state,
    reason: null,
    frame: null,
  })
  const loaded = segmentsOf([body(0, 100, 'open'), body(100, 1000, 'closed')], 1000)
  expect(loaded.at(-1)?.to).toBe(Number.POSITIVE_INFINITY)
  const after = withChange(loaded, transition(1500, 'open'), 500)
  expect(after.map(({ from, to, state }) => [from, to, state])).toEqual([
    [100, 1500, 'closed'],
    [1500, Number.POSITIVE_INFINITY, 'open'],
  ])
})

test('trouble is said in words: no frames, offline, unknown; a camera that was not taught is in none', () => {
  const now = 6000
  const on = new Map([['pi', { connected: true }]])
  const off = new Map([['pi', { connected: false }]])
  expect(troubleOf(camera(), now, on)).toBeNull()
  expect(troubleOf(camera({ frameAt: null }), now, on)).toBe('no frames yet')
  expect(troubleOf(camera({ kind: 'sensor', frameAt: null }), now, on), 'only imported into').toBeNull()
  expect(troubleOf(camera(), now + 120_000, on)).toBe('no frames for 2 min')
  expect(troubleOf(camera(), now + 120_000, off)).toBe('offline, no frames for 2 min')
  expect(troubleOf(camera(), now + 120_000, null)).toBe('no frames for 2 min')
  expect(troubleOf(camera(), now + 120_000, new Map())).toMatch(/^its device was removed, no frames for 2 min: add pi/)
  expect(troubleOf(camera({ state: 'unknown', reason: 'moved' }), now, on)).toContain('moved')
  expect(troubleOf(camera({ state: 'unknown', reason: 'no_model', model: null }), now, on)).toBeNull()
  // Frames come again, or so seldom that each is the first after a silence.
  for (const reason of ['stale', 'offline'])
    expect(troubleOf(camera({ state: 'unknown', reason }), now, on)).toMatch(
      /^no frames had come for more than 1 min, /,
    )
})

test('a camera without frames says why where its agent does, also by the name it had', () => {
  const cause = 'rpicam-vid ended with code 255: no cameras available'
  const said = (device: string, camera: string, fault: unknown, connected = true) =>
    new Map([[device, { connected, status: { captures: { [camera]: { fault } } } }]])
  const later = 5000 + 120_000
  const silence = 'no frames for 2 min'
  expect(troubleOf(camera(), later, said('pi', 'cam', cause))).toBe(`${silence}: ${cause}`)
  expect(troubleOf(camera({ frameAt: null }), later, said('pi', 'cam', cause))).toBe(`no frames yet: ${cause}`)
  expect(troubleOf(camera(), 6000, said('pi', 'cam', cause))).toBeNull()
  expect(troubleOf(camera(), later, said('pi', 'cam', cause, false))).toBe(`offline, ${silence}`)
  for (const other of [null, undefined, 7]) expect(troubleOf(camera(), later, said('pi', 'cam', other))).toBe(silence)
  expect(troubleOf(camera(), later, said('pi', 'other', cause))).toBe(silence)
  const renamed = camera({ aliases: ['pi/old'] })
  expect(troubleOf(renamed, later, said('pi', 'old', cause))).toBe(`${silence}: ${cause}`)
})

test('changes are read out by name, many of them as a number, and each camera once', () => {
  const event = (id: string, to: string) => ({
    kind: 'transition' as const,
    data: { ...transition(1, to), camera: id },
  })
  expect(announcementOf([])).toBeNull()
  expect(announcementOf([event('a/b', 'open'), event('c/d', 'open'), event('a/b', 'closed')])).toBe(
    'a/b is closed, c/d is open',
  )
  expect(announcementOf(['a', 'b', 'c', 'd'].map((name) => event(`${name}/x`, 'open')))).toBe(
    '4 cameras changed their state',
  )
})
