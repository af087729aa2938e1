import type { CameraState, UnknownReason } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import type { AlertKind } from '../src/alerts/alert-kind.ts'
import { ALERT_KINDS, kindOf } from '../src/alerts/kinds.ts'

/** What each kind of rule says of what it looks at. */

const NOW = 1_795_000_000_000
const common = { now: NOW, settled: true }

/** What a kind says, with the params that nothing was said of. */
function look(name: string, facts: object, params: object = {}, standing = false) {
  const kind = kindOf(name) as AlertKind
  const whole = Value.Default(kind.params, { ...params }) as Record<string, unknown>
  expect([...Value.Errors(kind.params, whole)]).toEqual([])
  return kind.look({ ...common, ...facts } as never, whole, standing)
}

const camera = (state: string, reason?: UnknownReason, more: object = {}) => {
  const said: CameraState = { state, since: 7, confidence: null, frame: null, model: null, ...(reason && { reason }) }
  return { subject: 'pi/door', states: ['closed', 'open'], seen: true, state: said, ...more }
}
const device = (more: object) => {
  const nothing = { connected: true, disabled: false, status: null, reading: () => null }
  return { subject: 'pi', ...nothing, ...more }
}

test('no two kinds have the same name, and each says what it is', () => {
  expect(new Set(ALERT_KINDS.map(({ name }) => name)).size).toBe(ALERT_KINDS.length)
  for (const { title, description, params } of ALERT_KINDS) {
    expect(title).not.toBe('')
    expect(description).not.toBe('')
    // The console shows them as they are.
    expect(`${title} ${description} ${JSON.stringify(params)}`).not.toContain('`')
    expect(params).toMatchObject({ type: 'object', additionalProperties: false })
    for (const property of Object.values(params.properties)) expect(property).toHaveProperty('title')
  }
})

describe('state', () => {
  const open = (facts: object) => look('state', facts, { state: 'open' })
  test('holds in that state, since that began', () =>
    expect(open(camera('open'))).toEqual({
      ...{ holds: true, text: 'pi/door is open', was: 'pi/door was open', value: 'open', since: 7 },
    }))
  test('holds in no other', () => expect(open(camera('closed'))).toEqual({ holds: false }))
  test('unknown, nobody can tell', () => expect(open(camera('unknown', 'stale'))).toMatchObject({ holds: null }))
  test('before the first frame after a start nobody can tell', () =>
    expect([
      open(camera('open', undefined, { seen: false })),
      open(camera('closed', undefined, { seen: false })),
    ]).toMatchObject([{ holds: null }, { holds: null }]))
})

describe('unknown', () => {
  test('says why', () =>
    expect(look('unknown', camera('unknown', 'covered'))).toEqual({
      ...{ holds: true, value: 'covered', since: 7 },
      text: 'the state of pi/door is unknown (it is covered)',
      was: 'the state of pi/door was unknown (it was covered)',
    }))
  test('a camera that nobody has taught is no news, unless one asks for it', () => {
    expect(look('unknown', camera('unknown', 'no_model'))).toMatchObject({ holds: false })
    expect(look('unknown', camera('unknown', 'no_model'), { reasons: ['no_model'] })).toMatchObject({ holds: true })
  })
  test('only for the reasons that are asked for', () =>
    expect(look('unknown', camera('unknown', 'stale'), { reasons: ['moved'] })).toMatchObject({ holds: false }))
  test('a state that is known', () => expect(look('unknown', camera('open'))).toMatchObject({ holds: false }))
  test('after a start it may still be what was known before', () => {
    const early = { seen: false, settled: false }
    expect(look('unknown', camera('unknown', 'stale', early))).toMatchObject({ holds: null })
    expect(look('unknown', camera('open', undefined, early))).toMatchObject({ holds: null })
    expect(look('unknown', camera('unknown', 'stale', { seen: false }))).toMatchObject({ holds: true })
  })
})

describe('offline', () => {
  test.each([
    [{ connected: false }, true],
    [{ connected: true }, false],
    [{ connected: false, disabled: true }, false],
    [{ connected: false, settled: false }, null],
    [{ connected: true, settled: false }, false],
  ])('%j: %s', (facts, holds) => expect(look('offline', device(facts))).toMatchObject({ holds }))
  test('one that is disabled ends it for that', () =>
    expect(look('offline', device({ connected: false, disabled: true }))).toMatchObject({ why: 'it was disabled' }))
})

describe('outbox', () => {
  const waiting = (outboxFrames: number, standing: boolean, params = {}) =>
    look('outbox', device({ status: { state: 'online', outboxFrames } }), params, standing).holds
  test('begins above the number', () => expect([500, 501].map((n) => waiting(n, false))).toEqual([false, true]))
  test('ends below half of it', () => expect([250, 249].map((n) => waiting(n, true))).toEqual([true, false]))
  test('or below the other number', () =>
    expect([100, 99].map((n) => waiting(n, true, { clearFrames: 100 }))).toEqual([true, false]))
  test('in words', () =>
    expect(look('outbox', device({ status: { state: 'online', outboxFrames: 612 } }))).toMatchObject({
      text: '612 frames wait in pi, more than 500',
      was: 'more than 500 frames waited in pi',
    }))
  test('an empty one ends it, whatever the number', () => expect(waiting(0, true, { clearFrames: 0 })).toBe(false))
  test('of a device that is away, or says nothing, nobody can tell', () => {
    const status = { state: 'offline', outboxFrames: 900 }
    expect(look('outbox', device({ connected: false, status })).holds).toBeNull()
    expect(look('outbox', device({ status: { state: 'online' } })).holds).toBeNull()
    expect(look('outbox', device({})).holds).toBeNull()
  })
})

describe('reading', () => {
  const hot = { sensor: 'cpu', limit: 80, clear: 70 }
  const reads = (value: unknown, params: object = hot, standing = false, at = NOW) =>
    look('reading', device({ reading: (name: string) => (name === 'cpu' ? { value, at } : null) }), params, standing)
      .holds
  test('begins above, ends at the other number', () => {
    expect([80, 80.1].map((value) => reads(value))).toEqual([false, true])
    expect([70.1, 70].map((value) => reads(value, hot, true))).toEqual([true, false])
  })
  test('below, the other way round', () => {
    const low = { sensor: 'cpu', is: 'below', limit: 5, clear: 10 }
    expect([5, 4.9].map((value) => reads(value, low))).toEqual([false, true])
    expect([9.9, 10].map((value) => reads(value, low, true))).toEqual([true, false])
  })
  test('in words', () => {
    const cpu = device({ reading: () => ({ value: 91, at: NOW }) })
    expect(look('reading', cpu, hot)).toMatchObject({
      ...{ text: 'cpu of pi reads 91, above 80', was: 'cpu of pi read above 80', value: 91 },
    })
  })
  test('what is no number, or old, says nothing', () => {
    expect([reads('hot'), reads([90, 91]), reads(90, { ...hot, sensor: 'other' })]).toEqual([null, null, null])
    expect(reads(90, hot, false, NOW - 3_600_001)).toBeNull()
    expect(reads(90, { ...hot, staleMs: 0 }, false, 0)).toBe(true)
  })
})

describe('disk', () => {
  const free = (freeBytes: number | null, standing = false, params = {}) =>
    look('disk', { subject: 'server', freeBytes }, params, standing).holds
  test('begins below, ends a tenth above', () => {
    expect([1e9, 1e9 - 1].map((bytes) => free(bytes))).toEqual([false, true])
    expect([1.1e9, 1.1e9 + 1].map((bytes) => free(bytes, true))).toEqual([true, false])
    expect([2e9, 2e9 + 1].map((bytes) => free(bytes, true, { clearBytes: 2e9 }))).toEqual([true, false])
  })
  test('nobody has looked yet', () => expect(free(null)).toBeNull())
  test('in words', () => {
    const said = (freeBytes: number) => look('disk', { subject: 'server', freeBytes }, { freeBytes: 4e9 })
    expect(said(3_210_000_000)).toMatchObject({
      text: "3.2 GB of the server's disk are free, less than 4.0 GB",
      was: "less than 4.0 GB of the server's disk were free",
    })
    expect(said(999_999_999)).toMatchObject({ text: "999 MB of the server's disk are free, less than 4.0 GB" })
  })
})

describe('health', () => {
  const influx = { name: 'influx', level: 'warn', text: 'InfluxDB does not answer' }
  const state = { name: 'state', level: 'error', text: 'the disk takes nothing' }
  const well = { name: 'worker', level: 'ok', text: 'works' }
  const health = (checks: object[], params = {}, facts = {}) =>
    look('health', { subject: 'server', checks: () => checks, ...facts }, params)
  test('an error by itself, whatever is wrong where one asks for it', () => {
    expect(health([influx, well])).toEqual({ holds: false })
    expect(health([influx, well], { level: 'warn' })).toEqual({
      ...{ holds: true, value: 'influx', text: 'the server is not well (influx: InfluxDB does not answer)' },
      was: 'the server was not well (influx: InfluxDB does not answer)',
    })
    expect(health([influx, state], { level: 'warn' })).toMatchObject({
      ...{ value: 'state, influx', text: 'the server is not well (state: the disk takes nothing; influx)' },
    })
  })
  test('only of the checks that are asked for', () => {
    expect(health([state], { checks: ['worker'] })).toEqual({ holds: false })
    expect(health([state], { checks: ['worker', 'state'] })).toMatchObject({ holds: true })
  })
  test('after a start nobody can tell yet', () =>
    expect(health([state], {}, { settled: false })).toEqual({ holds: null }))
  test('a long text is cut', () =>
    expect(health([{ ...state, text: 'a'.repeat(2000) }])).toMatchObject({
      text: expect.stringMatching(/^.{300,350}$/),
    }))
})
