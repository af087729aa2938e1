import { expect, onTestFinished, test } from 'vitest'
import { ALWAYS, moveHistory, removeHistory, renameRows } from '../src/database/camera-rows.ts'
import { rollUpAgain, spanWent } from '../src/database/history-rows.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { bucketsOf, knownSince } from '../src/history/buckets.ts'
import { tellHours } from '../src/history/state-hours.ts'
import { timeInState } from '../src/history/time-in-state.ts'
import { OldRows } from '../src/retention/old-rows.ts'
import { CAMERA, change, DAY, HOUR, insertResults, MINUTE, random, result, timesFrom } from './past.ts'
import { ROOMY } from './stored.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** When all of it was recorded; on a whole day, after that of our build. */
const NOW = Date.UTC(2027, 0, 1)
const START = NOW - 4 * DAY
const APART = 60_000

/** Four days of frames with results and a change of state every two hours, all of it told. */
async function fourDays(): Promise<StateDatabase> {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const { write } = database
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await write
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', ...settings })
    .execute()
  const next = random(2)
  const times = timesFrom(START, 5000, APART, next).filter((at) => at < NOW)
  await insertResults(
    database,
    times.map((at) => result(at, next)),
  )
  const frame = { camera: CAMERA, size: 1, sha256: new Uint8Array(), outcome: 'classified', late: 0 } as const
  for (let i = 0; i < times.length; i += 1000)
    await write
      .insertInto('frames')
      .values(
        times
          .slice(i, i + 1000)
          .map((at) => ({ ...frame, captured_at: at, received_at: at, recorded_at: at, stored_at: at })),
      )
      .execute()
  let state = 'unknown'
  for (let at = START + 17 * MINUTE; at < NOW; at += 2 * HOUR) {
    const to = state === 'closed' ? 'open' : 'closed'
    await write
      .insertInto('transitions')
      .values({ ...change(at, state, to), frame_at: null })
      .execute()
    state = to
  }
  while (await tellHours(database, CAMERA, NOW));
  return database
}

/** @param ageMs how old rows become */
const prune = (database: StateDatabase, ageMs: number, more: Partial<typeof ROOMY> = {}, now = NOW) =>
  new OldRows({
    database,
    limits: { ...ROOMY, rowsAgeMs: ageMs, ...more },
    log: { info: () => {}, warn: () => {} },
    now: () => now,
  }).prune()

const history = ({ read }: StateDatabase, from: number, to: number, points = 100) =>
  bucketsOf(read, CAMERA, { from, to, points })
const times = ({ read }: StateDatabase, from: number, to: number) => timeInState(read, CAMERA, { from, to }, NOW)
const count = async ({ read }: StateDatabase, table: 'results' | 'transitions' | 'state_hours') =>
  (await read.selectFrom(table).selectAll().execute()).length
const widths = async ({ read }: StateDatabase) => {
  const rows = await read.selectFrom('result_rollups').select(['width', 'at']).orderBy('at').execute()
  const first = (width: number) => rows.find((row) => row.width === width)?.at ?? null
  return { minutes: first(MINUTE), hours: first(HOUR) }
}

test('when results went for their age hours tell of them, and minutes of those that are there', async () => {
  const database = await fourDays()
  const before = { buckets: await history(database, START, NOW, 97), times: await times(database, START, NOW) }
  expect(before.buckets.width).toBe(HOUR)
  const cut = NOW - 1.5 * DAY + 30 * MINUTE
  await prune(database, NOW - cut)
  const kept = await count(database, 'results')
  expect(kept).toBeGreaterThan(1000)
  expect(kept).toBeLessThan(3000)
  const firsts = await widths(database)
  expect(firsts.hours).toBe(START)
  expect(firsts.minutes).toBeGreaterThan(cut - HOUR)
  expect(firsts.minutes).toBeLessThanOrEqual(cut)
  expect(await history(database, START, NOW, 97)).toEqual(before.buckets)
  expect(await times(database, START, NOW)).toEqual(before.times)
  expect(await knownSince(database.read, CAMERA)).toBe(START)
  // A closer look at what went has hours at the best, and at what is there each result.
  const [first, last] = [NOW - 3 * DAY, NOW - 10 * HOUR]
  expect((await history(database, first, first + HOUR)).width).toBe(HOUR)
  expect((await history(database, last, last + HOUR)).width).toBeLessThan(MINUTE)
})

test('of an hour whose transitions went the part counts that a span has of it', async () => {
  const database = await fourDays()
  await prune(database, DAY)
  const [from, to] = [START + 17 * MINUTE + 2 * HOUR, START + 3 * HOUR]
  // Open from 2:17 on; the hour says so of 43 minutes of 60.
  expect(await times(database, from, to)).toEqual([
    { state: 'open', ms: expect.closeTo((43 * 43 * MINUTE) / 60, 0), entered: 1 },
    { state: 'closed', ms: expect.closeTo((17 * 43 * MINUTE) / 60, 0), entered: 0 },
  ])
})

test('transitions stay until hours tell of them, and hours whose transitions went stay as they are told', async () => {
  const database = await fourDays()
  const all = await count(database, 'transitions')
  await database.write.updateTable('history_progress').set({ hours_to: null }).execute()
  await prune(database, DAY)
  expect(await count(database, 'transitions')).toBe(all)
  while (await tellHours(database, CAMERA, NOW));
  const told = await database.read.selectFrom('state_hours').selectAll().execute()
  await prune(database, DAY)
  expect(await count(database, 'transitions')).toBe(12)
  // Of a frame that was in an outbox for days: the hours around it cannot be told again from it alone.
  await database.write
    .insertInto('transitions')
    .values(change(START + HOUR, 'closed', 'ajar'))
    .execute()
  while (await tellHours(database, CAMERA, NOW));
  const gone = await database.read.selectFrom('history_progress').select('hours_from').executeTakeFirstOrThrow()
  const again = await database.read.selectFrom('state_hours').selectAll().execute()
  const before = (rows: typeof told) => rows.filter(({ at }) => at < (gone.hours_from ?? 0))
  expect(before(told).length).toBeGreaterThan(100)
  expect(before(again)).toEqual(before(told))
})

test('hours go for their own age, and sooner where state.db takes too much; those of a year stay', async () => {
  const database = await fourDays()
  await prune(database, DAY, { hoursAgeMs: 2 * DAY })
  expect(await widths(database)).toMatchObject({ hours: NOW - 2 * DAY })
  expect(await count(database, 'state_hours')).toBe(await countSince(database, NOW - 2 * DAY))
  await prune(database, DAY, { rowsBytes: 1000 })
  expect((await widths(database)).hours).toBe(NOW - 2 * DAY)
  await prune(database, DAY, {}, NOW + 400 * DAY)
  expect((await widths(database)).hours).toBe(NOW - 2 * DAY)
  await prune(database, DAY, { rowsBytes: 1000 }, NOW + 400 * DAY)
  expect((await widths(database)).hours).toBeNull()
  expect(await count(database, 'state_hours')).toBe(0)
})

test('hours that went for their age are not told again, whatever is left of that time', async () => {
  const database = await fourDays()
  await database.write.deleteFrom('transitions').execute()
  await database.write.updateTable('history_progress').set({ hours_to: 0 }).execute()
  while (await tellHours(database, CAMERA, NOW));
  expect(await hoursOf(database)).toBe(96)
  await prune(database, 5 * DAY, { hoursAgeMs: 2 * DAY })
  while (await tellHours(database, CAMERA, NOW));
  expect(await hoursOf(database)).toBe(48)
})

const hoursOf = async ({ read }: StateDatabase) =>
  (await read.selectFrom('state_hours').select('at').distinct().execute()).length

const countSince = async ({ read }: StateDatabase, from: number) =>
  (await read.selectFrom('state_hours').select('at').where('at', '>=', from).execute()).length

test('a purge leaves nothing of its span in minutes and hours, and of those it cuts what is left', async () => {
  const database = await fourDays()
  const span = { from: START + DAY + 20 * MINUTE + 1234, to: START + 2 * DAY + 40 * MINUTE + 17 }
  while ((await removeHistory(database.write, CAMERA, span, 500)) > 0);
  await database.write.transaction().execute((transaction) => spanWent(transaction, CAMERA, span))
  const left = await database.read.selectFrom('result_rollups').selectAll().execute()
  const within = left.filter(({ at, width }) => at >= span.from && at + width <= span.to)
  expect(within).toEqual([])
  await database.write
    .transaction()
    .execute((transaction) => rollUpAgain(transaction, CAMERA, { from: START, to: NOW }))
  expect(await database.read.selectFrom('result_rollups').selectAll().execute()).toEqual(left)
  while (await tellHours(database, CAMERA, NOW));
  const told = await times(database, START, NOW)
  await database.write.updateTable('history_progress').set({ hours_to: 0 }).execute()
  expect(told).toEqual(await times(database, START, NOW))
})

test('an hour of which a purge took a state tells InfluxDB so, and none tells of more than an hour', async () => {
  const database = await fourDays()
  await database.write.updateTable('state_hours').set({ sent: 1 }).execute()
  const before = await database.read.selectFrom('state_hours').selectAll().execute()
  const span = { from: START + 2 * HOUR + 10 * MINUTE, to: START + 6 * HOUR + 30 * MINUTE }
  while ((await removeHistory(database.write, CAMERA, span, 3)) > 0);
  await database.write.transaction().execute((transaction) => spanWent(transaction, CAMERA, span))
  const emptied = await database.read.selectFrom('state_hours').selectAll().where('ms', '=', 0).execute()
  expect(emptied.map(({ at }) => (at - START) / HOUR)).toEqual([2, 2, 3, 4, 4, 5, 6, 6])
  while (await tellHours(database, CAMERA, NOW));
  const after = await database.read.selectFrom('state_hours').selectAll().execute()
  const keys = (rows: typeof after) => rows.map(({ at, state }) => `${at} ${state}`)
  expect(keys(after)).toEqual(expect.arrayContaining(keys(before)))
  // What InfluxDB has of the rows that are as they were, and gets of the others.
  const inInflux = new Map(before.map((row) => [`${row.at} ${row.state}`, row]))
  for (const row of after) if (row.sent === 0) inInflux.set(`${row.at} ${row.state}`, row)
  const hours = Map.groupBy(inInflux.values(), ({ at }) => at)
  for (const [at, rows] of hours)
    expect([(at - START) / HOUR, rows.reduce((sum, { ms }) => sum + ms, 0)]).toEqual([(at - START) / HOUR, HOUR])
  // The changes at 2:17, 4:17 and 6:17 are gone: it stays closed.
  expect(hours.get(START + 4 * HOUR)?.map(({ state, ms }) => [state, ms])).toEqual([
    ['closed', HOUR],
    ['open', 0],
  ])
})

test('hours before the first transition that is kept count as they are told, also while later ones are told again', async () => {
  const database = await fourDays()
  await prune(database, DAY)
  const [from, to] = [START, NOW - 2 * DAY]
  const told = await times(database, from, to)
  expect(told.map(({ state }) => state).sort()).toEqual(['closed', 'open', 'unknown'])
  // A change of a frame that was in an outbox for days.
  await database.write
    .insertInto('transitions')
    .values(change(START + HOUR, 'closed', 'ajar'))
    .execute()
  expect(await times(database, from, to)).toEqual(told)
})

test('a renamed camera takes its history along, slice by slice, and a deleted one leaves none', async () => {
  const database = await fourDays()
  const before = [await history(database, START, NOW), await times(database, START, NOW)]
  let slices = 0
  while ((await moveHistory(database.write, CAMERA, 'pi/gate', 700)) > 0) slices += 1
  expect(slices).toBeGreaterThan(3)
  expect(await tellHours(database, CAMERA, NOW + DAY)).toBe(false)
  await database.write.transaction().execute((transaction) => renameRows(transaction, CAMERA, 'pi/gate'))
  const { read } = database
  const now = await bucketsOf(read, 'pi/gate', { from: START, to: NOW, points: 100 })
  expect([now, await timeInState(read, 'pi/gate', { from: START, to: NOW }, NOW)]).toEqual(before)
  expect((await history(database, START, NOW)).items).toEqual([])
  while ((await removeHistory(database.write, 'pi/gate', ALWAYS, 700)) > 0);
  expect(await widths(database)).toEqual({ hours: null, minutes: null })
  expect(await count(database, 'state_hours')).toBe(0)
})

test('history follows what the release before does, which knows nothing of it', async () => {
  const database = await fourDays()
  const { write, read } = database
  const before = await bucketsOf(read, CAMERA, { from: START, to: NOW, points: 100 })
  // It renames: the tables that it knows, of which the history is told.
  await write.updateTable('cameras').set({ id: 'pi/gate', name: 'gate' }).where('id', '=', CAMERA).execute()
  for (const table of ['results', 'transitions', 'frames'] as const)
    await write.updateTable(table).set({ camera: 'pi/gate' }).where('camera', '=', CAMERA).execute()
  expect(await bucketsOf(read, 'pi/gate', { from: START, to: NOW, points: 100 })).toEqual(before)
  expect(await timeInState(read, 'pi/gate', { from: START, to: NOW }, NOW)).not.toEqual([])
  // It deletes.
  await write.insertInto('camera_deletions').values({ camera: 'pi/gate', author: 'test', at: NOW }).execute()
  for (const table of ['results', 'transitions', 'frames'] as const)
    await write.deleteFrom(table).where('camera', '=', 'pi/gate').execute()
  await write.deleteFrom('camera_deletions').execute()
  expect(await widths(database)).toEqual({ hours: null, minutes: null })
  expect(await count(database, 'state_hours')).toBe(0)
  expect(await read.selectFrom('history_progress').selectAll().execute()).toEqual([])
})
