import { expect, onTestFinished, test, vi } from 'vitest'
import type { Limits } from '../src/retention/limits.ts'
import { OldRows } from '../src/retention/old-rows.ts'
import { CAMERA, DAY, ROOMY, Stored } from './stored.ts'

/** A store whose state.db knows its camera, and a reading, a transition and results of long ago. */
async function withRows(frames: number[]): Promise<Stored> {
  const stored = await Stored.open()
  const { write } = stored.database
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await write
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', ...settings })
    .execute()
  await stored.put(frames)
  const said = { camera: CAMERA, model: 'pi/cam@1', state: 'open', latency_ms: 1, late: 0 } as const
  for (const captured_at of frames)
    await write
      .insertInto('results')
      .values({ ...said, captured_at })
      .execute()
  const transition = { camera: CAMERA, at: 1, from_state: 'a', to_state: 'b', frame_at: 1 }
  await write.insertInto('transitions').values(transition).execute()
  await write.insertInto('history_progress').values({ camera: CAMERA, hours_to: 3_600_000 }).execute()
  await write
    .insertInto('readings')
    .values({ device: 'pi', sensor: 'door', at: 1, received_at: Date.UTC(2026, 0, 2), value_json: '1' })
    .execute()
  return stored
}

const prune = (stored: Stored, limits: Partial<Limits> = {}) =>
  new OldRows({
    database: stored.database,
    limits: { ...ROOMY, ...limits },
    log: { info: () => {}, warn: () => {} },
    now: () => Date.now() + stored.later,
  }).prune()

/** Capture times of frames and results, and how many transitions and readings there are. */
async function rows({ database: { read } }: Stored) {
  const timesIn = async (table: 'frames' | 'results') =>
    (await read.selectFrom(table).select('captured_at').orderBy('captured_at').execute()).map((row) => row.captured_at)
  const countIn = async (table: 'transitions' | 'readings') =>
    (await read.selectFrom(table).selectAll().execute()).length
  return {
    frames: await timesIn('frames'),
    results: await timesIn('results'),
    transitions: await countIn('transitions'),
    readings: await countIn('readings'),
  }
}

test('a row goes when it was recorded too long ago, whenever the frame was captured; that of a labelled one stays', async () => {
  const stored = await withRows([1, 2, 3])
  await stored.label(2)
  await prune(stored)
  expect(await rows(stored)).toEqual({ frames: [1, 2, 3], results: [1, 2, 3], transitions: 1, readings: 0 })
  stored.later = 91 * DAY
  await prune(stored)
  expect(await rows(stored)).toEqual({ frames: [2], results: [2], transitions: 0, readings: 0 })
})

test('a sensor that is set up stays with what it read last, also without a reading among these rows', async () => {
  const stored = await withRows([])
  const { read, write } = stored.database
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  for (const [name, kind] of [
    ['door', 'sensor'],
    ['heat', 'camera'],
  ] as const) {
    await write.insertInto('sensors').values({ device: 'pi', name, last_at: 2, last_value_json: '1' }).execute()
    await write
      .insertInto('cameras')
      .values({ id: `pi/${name}`, device: 'pi', name, kind, ...settings })
      .execute()
  }
  stored.later = Date.UTC(2026, 0, 2) + 91 * DAY - Date.now()
  await prune(stored)
  expect(await read.selectFrom('sensors').select('name').execute()).toEqual([{ name: 'door' }])
})

test('a sensor is forgotten with its last reading, and one that still has some stays', async () => {
  const stored = await withRows([])
  const { read, write } = stored.database
  const reading = { device: 'pi', received_at: Date.now(), value_json: '1' }
  for (const [sensor, at] of [
    ['door', 2],
    ['heat', 3],
  ] as const)
    await write
      .insertInto('sensors')
      .values({ device: 'pi', name: sensor, last_at: at, last_value_json: '1' })
      .execute()
  await write
    .insertInto('readings')
    .values({ ...reading, sensor: 'heat', at: 3 })
    .execute()
  const names = async () => (await read.selectFrom('sensors').select('name').execute()).map(({ name }) => name)
  stored.later = Date.UTC(2026, 0, 2) + 91 * DAY - Date.now()
  await prune(stored)
  expect(await names()).toEqual(['heat'])
  stored.later = 91 * DAY
  await prune(stored)
  expect(await names()).toEqual([])
})

test('a frame that is to be ignored goes as any other, and its mark with it; an unclear one stays', async () => {
  const stored = await withRows([1, 2])
  await stored.label(1, 'ignore')
  await stored.label(2, 'unclear')
  stored.later = 91 * DAY
  await prune(stored)
  expect(await rows(stored)).toMatchObject({ frames: [2], results: [2] })
  const labels = await stored.database.read.selectFrom('labels').select('state').execute()
  expect(labels).toEqual([{ state: 'unclear' }])
})

test('rows go sooner where state.db takes too much, and those of a day stay whatever they take', async () => {
  const stored = await withRows([1, 2])
  stored.later = 30 * DAY
  await prune(stored)
  expect((await rows(stored)).frames).toEqual([1, 2])
  await prune(stored, { rowsBytes: 1000 })
  expect((await rows(stored)).frames).toEqual([])
  const young = await withRows([1, 2])
  young.later = DAY / 2
  await prune(young, { rowsBytes: 1000 })
  expect((await rows(young)).frames).toEqual([1, 2])
})

test('no row goes while a camera is half renamed: its labels do not find its frames', async () => {
  const stored = await withRows([1, 2])
  await stored.label(1)
  const { write } = stored.database
  const renaming = { from_camera: CAMERA, to_camera: 'pi/new', author: 'test', at: 1 }
  await write.insertInto('camera_renames').values(renaming).execute()
  await write.updateTable('labels').set({ camera: 'pi/new' }).execute()
  stored.later = 91 * DAY
  await prune(stored)
  expect(await rows(stored)).toMatchObject({ frames: [1, 2], results: [1, 2], transitions: 1 })
})

test('a row of a time before the clock was set is of no known age: it goes where state.db takes too much', async () => {
  const stored = await withRows([1, 2])
  await stored.database.write.updateTable('frames').set({ recorded_at: 1000 }).where('captured_at', '=', 1).execute()
  await prune(stored)
  expect((await rows(stored)).frames).toEqual([1, 2])
  await prune(stored, { rowsBytes: 1000 })
  expect((await rows(stored)).frames).toEqual([2])
})

test('the first run begins soon after the start, the next one after that, and closing waits', async () => {
  const stored = await withRows([1, 2])
  const runs: string[] = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const oldRows = new OldRows({
    database: stored.database,
    limits: ROOMY,
    log: { info: () => runs.push('went'), warn: () => runs.push('failed') },
    now: () => {
      runs.push('begins')
      return Date.now() + 91 * DAY
    },
  })
  oldRows.start()
  vi.advanceTimersByTime(60_000)
  const next = oldRows.prune()
  vi.advanceTimersByTime(3_600_000)
  await next
  expect(runs).toEqual(['begins', 'went', 'begins'])
  await oldRows.close()
  vi.advanceTimersByTime(3_600_000)
  expect(runs).toHaveLength(3)
})
