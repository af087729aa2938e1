import { ConfigDesired, Reading, Rejected, Status } from '@ajar/protocol'
import type { TSchema } from 'typebox'
import { Value as Whole } from 'typebox/value'
import { afterEach, expect, test, vi } from 'vitest'
import type { Schema } from '../light/schema.ts'
import { Value as Light } from '../light/value.ts'

/** What stands in the bundle for TypeBox says the same of the same, in the same words. */

const ODD: unknown[] = [
  null,
  true,
  -1,
  0,
  1,
  1.5,
  1e9,
  Number.NaN,
  '',
  'x',
  'Not A Name',
  'on',
  [],
  ['x'],
  [1, 2],
  {},
  { a: 1 },
]

/** The value, and all that come of it by one change: a field that is gone, is odd, or is one too many. */
function* variants(value: unknown, change: (inner: unknown) => unknown = (inner) => inner): Generator<unknown> {
  yield change(value)
  for (const odd of ODD) yield change(odd)
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* variants(item, (inner) => change(value.with(i, inner)))
    yield change([...value, ...value])
  } else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>
    yield change({ ...fields, stranger: 1 })
    for (const [name, inner] of Object.entries(fields)) {
      const { [name]: _, ...others } = fields
      yield change(others)
      yield* variants(inner, (changed) => change({ ...fields, [name]: changed }))
    }
  }
}

const MESSAGES: [string, TSchema, unknown][] = [
  ['rejected', Rejected, { frame: 'pi/cam/1', code: 'clock', reason: 'it is in the future' }],
  ['config', ConfigDesired, { version: 3, settings: { intervalMs: 500 } }],
  ['reading', Reading, { value: [1, 2, 3] }],
  ['status', Status, { state: 'online', version: '1', cameras: ['cam'], outboxFrames: 1, droppedFrames: 0 }],
]

test.each(MESSAGES)('a message is checked alike: %s', (_, schema, good) => {
  let wrong = 0
  for (const value of variants(good)) {
    const errors = Whole.Errors(schema, value).map(({ keyword, instancePath, message }) => ({
      ...{ keyword, instancePath, message },
    }))
    if (errors.length > 0) wrong++
    expect(Light.Errors(schema as Schema, value), JSON.stringify(value)).toEqual(errors)
    expect(Light.Check(schema as Schema, value)).toBe(Whole.Check(schema, value))
  }
  expect(Light.Check(schema as Schema, good)).toBe(true)
  expect(wrong).toBeGreaterThan(10)
})

afterEach(() => {
  vi.doUnmock('typebox')
  vi.doUnmock('typebox/value')
  vi.resetModules()
})

const CAMERAS = [
  { name: 'folder', driver: 'folder', path: '/srv/pictures', speed: 'max', loop: true },
  { name: 'door', driver: 'synthetic', seed: 3, width: 640, gate: { difference: 0.1 } },
  { name: 'pi', driver: 'rpicam', rotation: 180, intervalMs: 500, gate: { heartbeatMs: 10_000 } },
  { name: 'usb', driver: 'v4l2', device: '/dev/video0' },
  { name: 'net', driver: 'http-snapshot', url: 'http://192.0.2.1/snapshot.jpg' },
  { name: 'rtsp', driver: 'rtsp', url: 'rtsp://192.0.2.1/live' },
  { name: 'any', driver: 'auto' },
]
const SENSORS = [
  { name: 'contact', driver: 'gpio', line: 'GPIO17', bias: 'pull-up' },
  { name: 'heat', driver: 'cpu-temperature' },
  { name: 'wifi', driver: 'wifi', intervalMs: 5000 },
]
const START = {
  device: 'pi',
  token: 'some-credential',
  server: 'mqtt://192.0.2.1:1883',
  dataDir: '/var/lib/ajar-agent',
}

/** What the agent makes of a config: all of it with its defaults, or every error. */
function outcome(checkConfig: (written: unknown) => unknown, written: unknown): unknown {
  try {
    return checkConfig(written)
  } catch (error) {
    return (error as Error).message
  }
}

test('a config is checked alike, and filled with the same defaults', async () => {
  const whole = await import('@ajar/edge-agent')
  vi.resetModules()
  vi.doMock('typebox', () => import('../light/typebox.ts'))
  vi.doMock('typebox/value', () => import('../light/value.ts'))
  const light = await import('@ajar/edge-agent')
  expect(JSON.parse(JSON.stringify(light.Config))).toEqual(JSON.parse(JSON.stringify(whole.Config)))
  let good = 0
  for (const camera of CAMERAS)
    for (const value of variants(camera)) {
      const written = { ...START, cameras: [value] }
      const expected = outcome(whole.checkConfig, written)
      if (typeof expected === 'object') good++
      expect(outcome(light.checkConfig, written), JSON.stringify(value)).toEqual(expected)
    }
  expect(good).toBeGreaterThan(CAMERAS.length)
  for (const written of variants({ ...START, cameras: CAMERAS, sensors: SENSORS, outbox: { maxFrames: 100 } }))
    expect(outcome(light.checkConfig, written), JSON.stringify(written)).toEqual(outcome(whole.checkConfig, written))
})
