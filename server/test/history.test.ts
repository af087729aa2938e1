import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { ResultsTable } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { CAMERA, change, DAY, FIRST, HOUR, insertResults, MINUTE, random, result, timesFrom } from './past.ts'
import { RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** So many that no source but single results, minutes and hours each has its turn. */
const COUNT = 60_000
const APART = 20_000

let server: RunningServer
let results: ResultsTable[]
let end: number
beforeAll(async () => {
  const dataDir = await temporaryFolder(afterFile)
  const database = await openStateDatabase(dataDir)
  const next = random(7)
  // With all the digits that a number has.
  const said = (at: number) => ({ ...result(at, next), confidence: next() < 0.1 ? null : next() })
  results = timesFrom(FIRST, COUNT, APART, next).map(said)
  end = (results.at(-1)?.captured_at ?? 0) + 1
  await insertResults(database, results)
  await database.write
    .insertInto('transitions')
    .values([
      change(FIRST + 10 * MINUTE, 'unknown', 'closed'),
      change(FIRST + 30 * MINUTE, 'closed', 'open'),
      change(FIRST + 40 * MINUTE, 'open', 'closed'),
      change(FIRST + 3 * HOUR + 30 * MINUTE, 'closed', 'open'),
    ])
    .execute()
  await database.close()
  server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir, AJAR_RETAIN_RESULTS_DAYS: '36500' })
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['open', 'closed'] })
}, 60_000)

const ask = (what: string, from: number, to: number, more = '') =>
  server.call('GET', `/api/cameras/${CAMERA}/${what}?from=${from}&to=${to}${more}`)

/** What a look at every single result gives. */
function expected(from: number, to: number, width: number) {
  const [first, last] = [Math.floor(from / width), Math.ceil(to / width)]
  const within = results.filter(({ captured_at: at }) => at >= first * width && at < last * width)
  return [...Map.groupBy(within, ({ captured_at }) => Math.floor(captured_at / width))].map(([slot, rows]) => {
    const sure = rows.filter(({ confidence }) => confidence !== null).map(({ confidence }) => confidence ?? 0)
    const states: Record<string, number> = {}
    for (const { state } of rows) states[state] = (states[state] ?? 0) + 1
    const confidence = { mean: expect.closeTo(sure.reduce((sum, one) => sum + one, 0) / sure.length, 9) }
    const [min, max] = [Math.min(...sure), Math.max(...sure)]
    return {
      at: new Date(slot * width).toISOString(),
      results: rows.length,
      states,
      confidence:
        sure.length === 0
          ? null
          : { ...confidence, min, minFrame: expect.any(String), max, maxFrame: expect.any(String) },
    }
  })
}

test.each([
  ['an instant', 5 * DAY, 5 * DAY + 1, 1],
  ['seconds', 5 * DAY + 17, 5 * DAY + 40_000, 1],
  ['an hour', 2 * DAY + 12_345, 2 * DAY + HOUR, 1],
  ['a day that holds few', DAY, 2 * DAY, 1],
  ['a week of minutes', 3 * DAY + 1, 11 * DAY - 5, MINUTE],
  ['all, of hours', 0, 25 * DAY, HOUR],
])('%s: no more buckets than asked for, and each says what its results said', async (_, after, until, unit) => {
  const [from, to] = [FIRST + after, FIRST + until]
  for (const points of [2, 37, 600]) {
    const { status, body } = await ask('history', from, to, `&points=${points}`)
    expect(status).toBe(200)
    expect(body.items.length).toBeLessThanOrEqual(points)
    expect(body.width % unit).toBe(0)
    expect(body.width).toBeGreaterThanOrEqual((to - from) / points)
    expect(body).toEqual({
      width: body.width,
      since: new Date(FIRST).toISOString(),
      items: expected(from, to, body.width),
      next: null,
    })
    for (const { confidence } of body.items)
      for (const bound of ['min', 'max']) {
        const at = Number(confidence?.[`${bound}Frame`].split('/')[2])
        if (confidence) expect(results.find((one) => one.captured_at === at)?.confidence).toBe(confidence[bound])
      }
  }
})

test('a camera without results has no history, and a span that is none is refused', async () => {
  await server.call('PATCH', '/api/cameras/pi/new', { states: ['open', 'closed'] })
  const { body } = await server.call('GET', `/api/cameras/pi/new/history?from=0&to=${end}`)
  expect(body).toEqual({ width: body.width, since: null, items: [], next: null })
  expect((await server.call('GET', `/api/cameras/pi/new/time-in-state?from=0&to=${end}`)).body.items).toEqual([])
  for (const what of ['history', 'time-in-state']) {
    const { status, body } = await ask(what, end, end)
    expect([status, body.error.code, body.error.field]).toEqual([400, 'empty_span', 'to'])
  }
})

test('time in state counts from the first result on, cut at the ends of the span, and each entering within it', async () => {
  const times = async (from: number, to: number) => (await ask('time-in-state', FIRST + from, FIRST + to)).body
  expect(await times(0, 4 * HOUR)).toEqual({
    items: [
      { state: 'closed', seconds: (20 + 170) * 60, entered: 2 },
      { state: 'open', seconds: (10 + 30) * 60, entered: 2 },
      { state: 'unknown', seconds: 10 * 60, entered: 0 },
    ],
    next: null,
  })
  expect((await times(35 * MINUTE, 45 * MINUTE)).items).toEqual([
    { state: 'open', seconds: 300, entered: 0 },
    { state: 'closed', seconds: 300, entered: 1 },
  ])
  expect((await times(30 * MINUTE, 40 * MINUTE)).items).toEqual([{ state: 'open', seconds: 600, entered: 1 }])
  expect((await times(-HOUR, 5 * MINUTE)).items).toEqual([{ state: 'unknown', seconds: 300, entered: 0 }])
  expect((await times(-2 * HOUR, 0)).items).toEqual([])
  const { items } = (await ask('time-in-state', Date.now() - HOUR, Date.now() + DAY)).body
  expect(items).toEqual([{ state: 'open', seconds: expect.closeTo(3600, 0), entered: 0 }])
})
