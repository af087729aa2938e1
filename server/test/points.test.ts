import { describe, expect, test } from 'vitest'
import type { ResultsTable } from '../src/database/schema.ts'
import { devicePoint } from '../src/record/influx/device-points.ts'
import { MEASUREMENTS, type MeasurementShape } from '../src/record/influx/measurements.ts'
import {
  type Point,
  pointOfSkipped,
  pointOfTransition,
  pointsOfResult,
  readingPoint,
} from '../src/record/influx/points.ts'
import { rollupPoint, stateHourPoint } from '../src/record/influx/rollup-points.ts'
import { storageFacts, systemPoint } from '../src/record/influx/system-points.ts'

const camera = 'pi/cam'
const RESULT: ResultsTable = {
  ...{ camera, captured_at: 1000, model: `${camera}@7`, state: 'open', best: 'open', confidence: 0.75 },
  ...{ probabilities_json: '{"closed":0.25,"open":0.75}', reason: null, latency_ms: 12.5, late: 0 },
  ...{ novelty: 0.1, signature: null, details_json: null },
}
const UNKNOWN: ResultsTable = { ...RESULT, state: 'unknown', reason: 'unlike_training' }
const frame = {
  camera,
  captured_at: 1000,
  received_at: 1100,
  recorded_at: 1150,
  outcome: 'skipped',
  code: null,
} as const
const change = {
  ...{ camera, at: 1000, from_state: 'closed', to_state: 'unknown', reason: 'stale' as const },
  ...{ confidence: 0.5, frame_at: null, model: null },
}
const rollup = {
  ...{ camera, width: 3_600_000, at: 0, state: 'open', results: 4, confident: 2, confidence_sum: 1.5 },
  ...{ confidence_min: 0.5, confidence_min_at: 1, confidence_max: 1, confidence_max_at: 2, latency_sum: 40 },
}
const status = {
  ...{ state: 'online', outboxFrames: 3, droppedFrames: 2, temperatureC: 48.5 },
  captures: {
    cam: { driver: 'v4l2', captured: 10, gated: 4, sent: 5, dropped: 1 },
    back: { driver: 'v4l2', captured: 20, gated: 0, sent: 20, dropped: 0 },
  },
}
const device = { name: 'pi', connected: 1, status_json: JSON.stringify(status) } as const
const reading = (value: unknown) =>
  readingPoint({ device: 'pi', sensor: 'one', at: 1, value_json: JSON.stringify(value) })
const facts = Object.fromEntries(Object.keys(MEASUREMENTS.system.fields).map((name) => [name, 1]))

/** One of everything there is. */
const POINTS: Point[] = [
  ...[RESULT, UNKNOWN].flatMap((row) => pointsOfResult(row, 40)),
  pointOfSkipped(frame) as Point,
  pointOfTransition(change),
  ...[1.5, 'text', [1, 2], []].map(reading),
  devicePoint(device, 1),
  systemPoint(facts, 1),
  rollupPoint(rollup),
  stateHourPoint({ camera, at: 0, state: 'open', ms: 90_000, entered: 2 }),
]

describe.each(Object.entries<MeasurementShape>(MEASUREMENTS))('measurement %s', (name, { tags, fields }) => {
  const points = POINTS.filter(({ measurement }) => measurement === name)

  test('has the tags that are listed, each of which is a name', () => {
    expect(points).not.toEqual([])
    for (const point of points) {
      expect(Object.keys(point.tags).sort()).toEqual(Object.keys(tags).sort())
      for (const value of Object.values(point.tags)) expect(value).toMatch(/^[a-z0-9@/+-]+$/)
    }
  })

  test('has the fields that are listed, each of its one type, and writes each of them', () => {
    const types = { float: 'number', boolean: 'boolean', string: 'string' } as const
    for (const point of points)
      for (const [field, value] of Object.entries(point.fields)) {
        expect(fields).toHaveProperty(field)
        expect(typeof value).toBe(types[(fields[field] as { type: keyof typeof types }).type])
      }
    const written = new Set(points.flatMap((point) => Object.keys(point.fields)))
    expect([...written].sort()).toEqual(Object.keys(fields).sort())
  })
})

test('a row of the outbox is what the release before sends too: one point with these four parts', () => {
  for (const point of POINTS)
    expect(Object.keys(JSON.parse(JSON.stringify(point))).sort()).toEqual([
      'fields',
      'measurement',
      'tags',
      'timestamp',
    ])
})

describe('model', () => {
  const tagOf = (model: string) => pointsOfResult({ ...RESULT, model }, null)[0]?.tags.model

  test('is a tag value of its own up to a version, and one for all later ones', () => {
    expect(tagOf('')).toBe('none')
    expect(tagOf(`${camera}@1`)).toBe(`${camera}@1`)
    expect(tagOf(`${camera}@500`)).toBe(`${camera}@500`)
    const later = [501, 502, 9999].map((version) => tagOf(`${camera}@${version}`))
    expect(new Set(later)).toEqual(new Set([`${camera}@501+`]))
  })

  test('has as many tag values as are documented, however often a camera is trained', () => {
    const tags = new Set(Array.from({ length: 5000 }, (_, i) => tagOf(`${camera}@${i + 1}`)))
    expect(tags.size).toBe(501)
  })
})

test('what is not known is left out, also of rows of an older release', () => {
  const [point, ...more] = pointsOfResult({ ...RESULT, confidence: null, probabilities_json: null }, null)
  expect(point?.fields).toEqual({ latency_ms: 12.5, skipped: false, late: false })
  expect(more).toEqual([])
  const halves = pointsOfResult({ ...RESULT, probabilities_json: '{"closed":null,"open":0.75}' }, null)
  expect(halves.map(({ tags }) => tags.state)).toEqual(['open', 'open'])
  expect(
    rollupPoint({ ...rollup, confident: 0, confidence_sum: 0, confidence_min: null, confidence_max: null }).fields,
  ).toEqual({
    results: 4,
    confident: 0,
    confidence_sum: 0,
    latency_ms_mean: 10,
  })
  expect(systemPoint({ cameras: 2, rss_bytes: null, loop_delay_p99_ms: Number.NaN }, 1).fields).toEqual({ cameras: 2 })
  expect(storageFacts(null)).toEqual({})
})

test('a late frame says so', () => {
  expect(pointsOfResult({ ...RESULT, late: 1 }, 40)[0]?.fields.late).toBe(true)
})

describe('a device', () => {
  test('says the sums of its cameras', () => {
    const fields = { connected: 1, outbox_frames: 3, dropped_frames: 2, temperature_c: 48.5 }
    expect(devicePoint(device, 7)).toEqual({
      measurement: 'device',
      tags: { device: 'pi' },
      fields: { ...fields, captured: 30, gated: 4, sent: 25, dropped: 1 },
      timestamp: 7,
    })
  })

  test('that is away says nothing but that: its last status is of a time that has passed', () => {
    expect(devicePoint({ ...device, connected: 0 }, 7).fields).toEqual({ connected: 0 })
  })

  test('that has said nothing, or little, has no numbers made up for it', () => {
    expect(devicePoint({ ...device, status_json: null }, 7).fields).toEqual({ connected: 1 })
    expect(devicePoint({ ...device, status_json: '{"state":"online"}' }, 7).fields).toEqual({ connected: 1 })
  })
})

test('hours are told by their mean and ends, in seconds', () => {
  expect(rollupPoint(rollup).fields).toEqual({
    ...{
      results: 4,
      confident: 2,
      confidence_sum: 1.5,
      confidence_mean: 0.75,
      confidence_min: 0.5,
      confidence_max: 1,
      latency_ms_mean: 10,
    },
  })
  expect(stateHourPoint({ camera, at: 0, state: 'open', ms: 90_500, entered: 2 }).fields).toEqual({
    seconds: 90.5,
    entered: 2,
  })
})
