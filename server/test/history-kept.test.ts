import { join } from 'node:path'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, onTestFinished, test } from 'vitest'
import { removeHistory } from '../src/database/camera-rows.ts'
import { rollUpAgain, spanWent, untellHours } from '../src/database/history-rows.ts'
import { MIGRATIONS } from '../src/database/migrations.ts'
import type { ResultsTable, StateTables } from '../src/database/schema.ts'
import { SqliteThreadDialect } from '../src/database/sqlite-dialect.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { fillSlice } from '../src/history/fill.ts'
import { History } from '../src/history/history.ts'
import { tellHours } from '../src/history/state-hours.ts'
import { timeInState } from '../src/history/time-in-state.ts'
import { CAMERA, change, DAY, FIRST, HOUR, insertResults, MINUTE, random, result, timesFrom } from './past.ts'
import { Recording } from './recording.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function open(): Promise<StateDatabase> {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await database.write
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', ...settings })
    .execute()
  return database
}

/** No two have the same confidence: which of them the lowest was does not depend on who came first. */
function results(count: number, seed = 3): ResultsTable[] {
  const next = random(seed)
  return timesFrom(FIRST, count, 30_000, next).map((at, i) => {
    const row = result(at, next)
    return row.confidence === null ? row : { ...row, confidence: row.confidence + i * 2 ** -30 }
  })
}

const shuffled = <T>(items: T[], next: () => number) =>
  items
    .map((item) => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)

function rollups({ read }: StateDatabase) {
  return read.selectFrom('result_rollups').selectAll().orderBy('width').orderBy('at').orderBy('state').execute()
}

/** What rolling up all results at once gives. */
async function expected(database: StateDatabase) {
  await database.write
    .transaction()
    .execute((transaction) => rollUpAgain(transaction, CAMERA, { from: FIRST - DAY, to: FIRST + 1000 * DAY }))
  return rollups(database)
}

test('results roll up as they are written, in whatever order, as if all were rolled up at once', async () => {
  const database = await open()
  await insertResults(database, shuffled(results(3000), random(1)))
  const written = await rollups(database)
  expect(written.length).toBeGreaterThan(1000)
  expect(written).toEqual(await expected(database))
})

/** As a state.db of the release before: its results were never rolled up. */
async function forget({ write }: StateDatabase, rows: ResultsTable[]) {
  await write.deleteFrom('result_rollups').execute()
  const times = rows.map(({ captured_at }) => captured_at)
  const span = { unfilled_from: Math.min(...times), unfilled_to: Math.max(...times) + 1 }
  await write
    .insertInto('history_progress')
    .values({ camera: CAMERA, ...span })
    .execute()
}

test('what was there before rollups were is rolled up slice by slice, whatever comes in meanwhile', async () => {
  const database = await open()
  const [all, next] = [results(12_000), random(5)]
  const [later, before] = Map.groupBy(all, () => next() < 0.05)
    .entries()
    .reduce<ResultsTable[][]>(([late = [], early = []], [isLate, rows]) => (isLate ? [rows, early] : [late, rows]), [])
  await insertResults(database, before ?? [])
  await forget(database, before ?? [])
  const parts = shuffled(later ?? [], next)
  let slices = 0
  for (let more = true; more; slices++) {
    await insertResults(database, parts.splice(0, 100))
    more = await fillSlice(database, CAMERA)
  }
  expect(slices).toBeGreaterThan(2)
  await insertResults(database, parts)
  const filled = await rollups(database)
  expect(filled).toEqual(await expected(database))
  expect(await fillSlice(database, CAMERA)).toBe(false)
  const progress = await database.read.selectFrom('history_progress').selectAll().executeTakeFirstOrThrow()
  expect([progress.unfilled_from, progress.unfilled_to]).toEqual([null, null])
})

test('an hour with more results than a slice is rolled up whole', async () => {
  const database = await open()
  const next = random(9)
  const rows = Array.from({ length: 11_000 }, (_, i) => result(FIRST + i * 300, next))
  await insertResults(database, rows)
  await forget(database, rows)
  await new History({ database, sources: { list: () => [{ id: CAMERA }] }, now: Date.now, log }).keep()
  const filled = await rollups(database)
  expect(filled).toEqual(await expected(database))
})

const log = { info: () => {}, warn: (...said: unknown[]) => expect.fail(`warned: ${JSON.stringify(said)}`) }
const tell = async (database: StateDatabase, now: number) => {
  while (await tellHours(database, CAMERA, now));
}
const hours = async ({ read }: StateDatabase) =>
  (await read.selectFrom('state_hours').selectAll().orderBy('at').orderBy('state').execute()).map(
    ({ at, state, ms, entered, sent }) => [(at - FIRST) / HOUR, state, ms / MINUTE, entered, sent],
  )
const insert = ({ write }: StateDatabase, ...changes: ReturnType<typeof change>[]) =>
  write.insertInto('transitions').values(changes).execute()
const at = (minutes: number) => FIRST + minutes * MINUTE

test('each hour that has ended is told: how long in which state, and how often it changed to it', async () => {
  const database = await open()
  await insert(
    database,
    change(at(30), 'unknown', 'closed'),
    change(at(90), 'closed', 'open'),
    change(at(95), 'open', 'closed'),
  )
  await tell(database, at(200))
  expect(await hours(database)).toEqual([
    [0, 'closed', 30, 1, 0],
    [1, 'closed', 55, 1, 0],
    [1, 'open', 5, 1, 0],
    [2, 'closed', 60, 0, 0],
  ])
  await tell(database, at(240))
  expect((await hours(database)).at(-1)).toEqual([3, 'closed', 60, 0, 0])
})

test('a change that comes late tells its hour and those after it again; what InfluxDB has is sent again where it is another', async () => {
  const database = await open()
  await insert(database, change(at(30), 'unknown', 'closed'), change(at(150), 'closed', 'open'))
  await tell(database, at(300))
  await database.write.updateTable('state_hours').set({ sent: 1 }).execute()
  await insert(database, change(at(90), 'closed', 'open'), change(at(110), 'open', 'closed'))
  await tell(database, at(300))
  expect(await hours(database)).toEqual([
    [0, 'closed', 30, 1, 1],
    [1, 'closed', 40, 1, 0],
    [1, 'open', 20, 1, 0],
    [2, 'closed', 30, 0, 1],
    [2, 'open', 30, 1, 1],
    [3, 'open', 60, 0, 1],
    [4, 'open', 60, 0, 1],
  ])
  // They are computed again, and one of them is no more: a point cannot be taken back, so it says nothing was open.
  await database.write.updateTable('state_hours').set({ sent: 1 }).execute()
  await database.write
    .deleteFrom('transitions')
    .where('at', 'in', [at(90), at(110)])
    .execute()
  await untellHours(database.write, CAMERA, at(90))
  await tell(database, at(300))
  expect((await hours(database)).slice(0, 3)).toEqual([
    [0, 'closed', 30, 1, 1],
    [1, 'closed', 60, 0, 0],
    [1, 'open', 0, 0, 0],
  ])
  expect(
    (await timeInState(database.read, CAMERA, { from: at(60), to: at(120) }, at(300))).map(({ state }) => state),
  ).toEqual(['closed'])
})

test('an instant that changes its state again is told again', async () => {
  const database = await open()
  await insert(database, change(at(30), 'unknown', 'closed'))
  await tell(database, at(120))
  await database.write.updateTable('transitions').set({ to_state: 'open' }).execute()
  await tell(database, at(120))
  expect((await hours(database)).filter(([, , minutes]) => minutes !== 0)).toEqual([
    [0, 'open', 30, 1, 0],
    [1, 'open', 60, 0, 0],
  ])
})

const resultAt = (minutes: number): ResultsTable => result(at(minutes), random(minutes))
/** Of a span, in minutes: `[state, minutes]`, the longest first. */
const times = async ({ read }: StateDatabase, from: number, to: number): Promise<[string, number][]> => {
  const told = await timeInState(read, CAMERA, { from: at(from), to: at(to) }, at(to))
  return told.map(({ state, ms }) => [state, ms / MINUTE])
}

test('a camera that never earned a state is unknown from its first result on, whether frames come or not', async () => {
  const database = await open()
  await insertResults(database, [resultAt(30), resultAt(31), resultAt(30 + 40 * 60)])
  const expected = [['unknown', 100 * 60 - 30]]
  expect(await times(database, -600, 100 * 60)).toEqual(expected)
  await tell(database, at(100 * 60))
  expect((await hours(database)).slice(0, 2)).toEqual([
    [0, 'unknown', 30, 0, 0],
    [1, 'unknown', 60, 0, 0],
  ])
  expect(await hours(database)).toHaveLength(100)
  expect(await times(database, -600, 100 * 60)).toEqual(expected)
  expect(await times(database, 17, 90)).toEqual([['unknown', 60]])
  // It earns one: what was unknown before stays that.
  await insert(database, change(at(90), 'unknown', 'open'))
  expect(await times(database, 0, 120)).toEqual([
    ['unknown', 60],
    ['open', 30],
  ])
  await tell(database, at(100 * 60))
  expect((await hours(database)).slice(0, 3)).toEqual([
    [0, 'unknown', 30, 0, 0],
    [1, 'open', 30, 1, 0],
    [1, 'unknown', 30, 0, 0],
  ])
  expect((await times(database, 0, 100 * 60)).reduce((sum, [, minutes]) => sum + minutes, 0)).toBe(5970)
})

test('a result from before all that was known of a camera has the hours told that lie between', async () => {
  const database = await open()
  const days = 20 * 24 * 60
  await insertResults(database, [resultAt(days + 40)])
  await insert(database, change(at(days + 50), 'unknown', 'closed'))
  await tell(database, at(days + 120))
  await database.write.updateTable('state_hours').set({ sent: 1 }).execute()
  for (const [first, changed] of [
    [days + 20, [[days / 60, 'unknown', 30, 0, 0]]],
    [
      30,
      [
        [0, 'unknown', 30, 0, 0],
        [1, 'unknown', 60, 0, 0],
      ],
    ],
  ] as const) {
    await insertResults(database, [resultAt(first)])
    await tell(database, at(days + 120))
    expect(new Map(await times(database, 0, days + 120))).toEqual(
      new Map([
        ['unknown', days + 50 - first],
        ['closed', 70],
      ]),
    )
    expect(await hours(database)).toEqual(expect.arrayContaining([...changed]))
    expect((await hours(database)).at(-1)).toEqual([days / 60 + 1, 'closed', 60, 0, 1])
  }
  const told = await hours(database)
  expect(told.filter(([hour]) => Number(hour) < days / 60)).toHaveLength(days / 60)
  await database.write.updateTable('history_progress').set({ hours_to: null }).execute()
  await tell(database, at(days + 120))
  expect(await hours(database)).toEqual(told)
})

test('a result from a time that a purge emptied has its hours told again', async () => {
  const database = await open()
  await insertResults(database, [resultAt(10), resultAt(310)])
  await tell(database, at(600))
  const span = { from: FIRST, to: at(300) }
  while ((await removeHistory(database.write, CAMERA, span, 500)) > 0);
  await database.write.transaction().execute((transaction) => spanWent(transaction, CAMERA, span))
  await tell(database, at(600))
  expect(await times(database, 0, 600)).toEqual([['unknown', 290]])
  await insertResults(database, [resultAt(130)])
  await tell(database, at(600))
  expect(await times(database, 0, 600)).toEqual([['unknown', 470]])
  expect(await hours(database)).toContainEqual([3, 'unknown', 60, 0, 0])
})

test('time in state from hours is that from transitions, at whatever span', async () => {
  const database = await open()
  const next = random(11)
  const states = ['open', 'closed', 'unknown', 'ajar']
  let state = 'unknown'
  const changes = timesFrom(FIRST, 3000, 20 * MINUTE, next).map((time) => {
    const to = states.filter((one) => one !== state)[Math.floor(next() * 3)] ?? 'open'
    const changed = change(time, state, to)
    state = to
    return changed
  })
  for (let i = 0; i < changes.length; i += 500) await insert(database, ...changes.slice(i, i + 500))
  const end = (changes.at(-1)?.at ?? 0) + DAY
  const spans = Array.from({ length: 40 }, () => {
    const from = Math.floor(FIRST - DAY + next() * (end - FIRST))
    return { from, to: Math.floor(from + next() ** 3 * (end - from)) + 1 }
  })
  const times = () => Promise.all(spans.map((span) => timeInState(database.read, CAMERA, span, end - HOUR / 3)))
  const byTransitions = await times()
  await tell(database, end)
  expect((await hours(database)).length).toBeGreaterThan(1000)
  expect(await times()).toEqual(byTransitions)
})

test('transitions that a backlog undoes are told no more', async () => {
  const recording = await Recording.start(onTestFinished)
  recording.staleAfterMs = 1e9
  recording.now = at(200)
  const { database } = recording
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await database.write
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', ...settings })
    .execute()
  const seen = (state: string, ...minutes: number[]) => recording.see(minutes.map((minute) => [at(minute), state]))
  await seen('A', 0, 1, 2)
  await seen('B', 10, 11, 12)
  await seen('A', 150, 151, 152)
  await tell(database, at(180))
  expect((await hours(database)).map(([hour, state]) => [hour, state])).toEqual([
    [0, 'A'],
    [0, 'B'],
    [1, 'B'],
    [2, 'A'],
    [2, 'B'],
  ])
  await seen('A', 10.5, 11.5)
  recording.now += MINUTE
  await recording.recorder.sweep()
  await tell(database, at(180))
  const left = (await hours(database)).filter(([, , minutes]) => minutes !== 0)
  expect(left.map(([hour, state, minutes]) => [hour, state, minutes])).toEqual([
    [0, 'A', 60],
    [1, 'A', 60],
    [2, 'A', 60],
  ])
})

/** Of one that earned its first state half an hour after its first result. */
const FIVE_HOURS = [[0, 'closed'], [0, 'unknown'], ...[1, 2, 3, 4].map((hour) => [hour, 'closed'])]

test('a camera that is half renamed waits with its history', async () => {
  const database = await open()
  const rows = results(300)
  await insertResults(database, rows)
  await insert(database, change(at(30), 'unknown', 'closed'))
  await forget(database, rows)
  const renaming = { from_camera: CAMERA, to_camera: 'pi/new', author: 'test', at: 1 }
  await database.write.insertInto('camera_renames').values(renaming).execute()
  const history = new History({ database, sources: { list: () => [{ id: CAMERA }] }, now: () => at(300), log })
  await history.keep()
  expect([await rollups(database), await hours(database)]).toEqual([[], []])
  await database.write.deleteFrom('camera_renames').execute()
  await history.keep()
  expect((await rollups(database)).length).toBeGreaterThan(100)
  expect((await hours(database)).map(([hour, state]) => [hour, state])).toEqual(FIVE_HOURS)
})

test('what the release before recorded is rolled up by this one, and told', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const older = new Kysely<StateTables>({
    dialect: new SqliteThreadDialect({ path: join(folder, 'state.db'), readOnly: false }),
  })
  const known = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '010'))
  await new Migrator({ db: older, provider: { getMigrations: async () => known } }).migrateToLatest()
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await older
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', ...settings })
    .execute()
  const past = { read: older, write: older, close: async () => {} }
  for (const { details_json: _, ...row } of results(3000))
    await older
      .insertInto('results')
      .values(row as ResultsTable)
      .execute()
  await insert(past, change(at(30), 'unknown', 'closed'))
  await older.destroy()
  const database = await openStateDatabase(folder)
  onTestFinished(() => database.close())
  await new History({ database, sources: { list: () => [{ id: CAMERA }] }, now: () => at(300), log }).keep()
  const filled = await rollups(database)
  expect(filled.length).toBeGreaterThan(1000)
  expect(filled).toEqual(await expected(database))
  expect((await hours(database)).map(([hour, state]) => [hour, state])).toEqual(FIVE_HOURS)
})
