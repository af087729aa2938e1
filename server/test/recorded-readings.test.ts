import { expect, onTestFinished, test } from 'vitest'
import type { Classified } from '../src/classify/classifier.ts'
import type { ResultsTable } from '../src/database/schema.ts'
import { toRow } from '../src/devices/source-row.ts'
import { type BytesOf, behind, RECORDED } from '../src/record/influx/recorded-points.ts'
import type { RecorderPorts } from '../src/record/recorder-ports.ts'
import { CAMERA, classified, Recording } from './recording.ts'

/** What the recorder writes beside a result: of a reading what follows from any reading, and of a member its doors' results. */

const DOOR = 'doors/front'
const T = 1_795_286_400_000

/** A door that says what its only member says. */
const joined = (row: ResultsTable): ResultsTable[] =>
  row.camera === CAMERA ? [{ ...row, camera: DOOR, model: '', signature: null, details_json: '{"members":[]}' }] : []

const start = (more: Partial<RecorderPorts> = {}) => Recording.start(onTestFinished, { joined, ...more })

const resultsOf = async (recording: Recording, camera: string) => {
  const rows = await recording.database.read.selectFrom('results').selectAll().where('camera', '=', camera).execute()
  return rows.map(({ captured_at, state, late }) => ({ captured_at, state, late }))
}

test("a member's result makes one of its door in the same transaction, debounced by the same rule and published", async () => {
  const recording = await start()
  await recording.see([
    [T, 'A'],
    [T + 1, 'A'],
    [T + 2, 'A'],
  ])
  expect(await resultsOf(recording, DOOR)).toEqual([0, 1, 2].map((i) => ({ captured_at: T + i, state: 'A', late: 0 })))
  expect(recording.recorder.state(DOOR)).toMatchObject({ state: 'A', frame: `${DOOR}/${T + 2}` })
  expect(recording.published.map(({ topic }) => topic)).toContain('ajar/doors/front/state')
  expect(recording.transitions).toHaveLength(2)
  // A door has no frames.
  expect(await recording.count('frames')).toBe(3)
})

test('what a member says late is no news of its door; two of one time follow each other', async () => {
  const recording = await start()
  await recording.see([[T, 'A']])
  await recording.see([[T - 1000, 'B']])
  expect(await resultsOf(recording, DOOR)).toEqual([{ captured_at: T, state: 'A', late: 0 }])
  const other = { ...classified(T - 500, 'B'), frame: { ...classified(T - 500, 'B').frame, camera: 'pi/other' } }
  const both = await start({ joined: (row) => (row.camera === DOOR ? [] : [{ ...row, camera: DOOR, model: '' }]) })
  await both.see([[T, 'A']])
  await both.recorder.record(other)
  expect(await resultsOf(both, DOOR)).toEqual([
    { captured_at: T, state: 'A', late: 0 },
    { captured_at: T + 1, state: 'B', late: 0 },
  ])
})

test('a disk that refused makes no second result of a door', async () => {
  const recording = await start()
  await recording.see([[T, 'A']])
  await recording.fill(true)
  const work = recording.see(Array.from({ length: 200 }, (_, i): [number, string] => [T + 10 + i, 'A']))
  await expect.poll(() => recording.held.length, { timeout: 20_000 }).toBeGreaterThan(0)
  await recording.fill(false)
  await work
  expect(await resultsOf(recording, DOOR)).toHaveLength(201)
})

test('a door whose members are silent is stale, whoever is connected', async () => {
  const recording = await start({
    camera: (id) => ({ ...source(id), kind: id === DOOR ? 'door' : 'camera' }),
    isConnected: () => false,
  })
  await recording.see([[T, 'A']])
  recording.now = T + 120_000
  await recording.recorder.sweep()
  expect(recording.recorder.state(DOOR)).toMatchObject({ state: 'unknown', reason: 'stale' })
  expect(recording.recorder.state(CAMERA)).toMatchObject({ state: 'unknown', reason: 'offline' })
})

function source(id: string): ReturnType<RecorderPorts['camera']> {
  const [device = '', name = ''] = id.split('/')
  return {
    ...{ id, device, name, kind: 'camera', states: ['A', 'B'], threshold: 0.8, debounce: 1, staleAfterMs: 60_000 },
    ...{ region: null, masks: [], vector: null, activeModel: `${id}@1`, follows: null, createdAt: 0 },
  }
}

test('of readings the newest value, one event and a point each are told; of what came with its label, nothing', async () => {
  const factsOf = () => ({ unit: 'dB', driver: 'radio' })
  const recording = await start({ joined: () => [], factsOf })
  const reading = (at: number, numbers: number[], more: Partial<Classified> = {}): Classified => ({
    ...classified(at, 'A'),
    reading: new TextEncoder().encode(JSON.stringify(numbers)),
    ...more,
  })
  const imported = { kind: 'skipped', code: 'imported' } as const
  await Promise.all([
    recording.recorder.record(reading(T + 5, [1, 2])),
    recording.recorder.record(reading(T, [3, 4])),
    recording.recorder.record(reading(T + 9, [5, 6], { answer: imported, model: null })),
  ])
  const sensors = await recording.database.read.selectFrom('sensors').selectAll().execute()
  const [device = '', name = ''] = CAMERA.split('/')
  expect(sensors).toEqual([{ device, name, last_at: T + 5, last_value_json: '[1,2]', unit: 'dB', driver: 'radio' }])
  await recording.recorder.record(reading(T + 7, [7]))
  const told = recording.events.filter(({ kind }) => kind === 'reading').map(({ data_json }) => JSON.parse(data_json))
  expect(told.map(({ value }) => value)).toEqual([[1, 2], 7])
  const rows = await recording.database.read.selectFrom('events').select('kind').where('kind', '=', 'reading').execute()
  expect(rows.length).toBeLessThanOrEqual(2) // the oldest of all events stays
  const points = await recording.database.read.selectFrom('influx_outbox').select('point_json').execute()
  const readings = points.map(({ point_json }) => JSON.parse(point_json)).filter((one) => one.measurement === 'reading')
  expect(readings.map(({ timestamp }) => timestamp).toSorted()).toEqual([T, T + 5, T + 7])

  // A backfill makes the very same points, of the bytes in the frames files.
  await recording.database.write
    .insertInto('cameras')
    .values(toRow({ ...source(CAMERA), kind: 'sensor' }))
    .execute()
  const kind = RECORDED.find(({ name }) => name === 'readings of sensors with states')
  const numbers = new Map([
    [T, [3, 4]],
    [T + 5, [1, 2]],
    [T + 7, [7]],
    [T + 9, [5, 6]],
  ])
  const bytesOf: BytesOf = async (frames) =>
    frames.map(({ capturedAt }) => new TextEncoder().encode(JSON.stringify(numbers.get(capturedAt))))
  const { read } = recording.database
  expect(await kind?.nextSeries(read, '')).toBe(CAMERA)
  expect(await kind?.nextSeries(read, CAMERA)).toBeNull()
  const page = await kind?.page(read, CAMERA, behind(0), 100, bytesOf)
  expect(page?.points).toEqual(readings.toSorted((a, b) => a.timestamp - b.timestamp))
  expect(await kind?.count(read, CAMERA, behind(0), T + 100, 100)).toMatchObject({ counted: 3 })
})
