import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { ResultsTable } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { CAMERA, change, FIRST, HOUR, insertResults, MINUTE, random, result, timesFrom } from './past.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const COUNT = 3500
/** Of a device that means no good, and of one with a long list. */
const READINGS = [
  1.5,
  'ajar',
  '=HYPERLINK("http://a.example","x")',
  'two\r\nlines, and "quotes"',
  [1, 2, 3],
  '-',
  Array.from({ length: 4096 }, (_, i) => i / 7),
]
const DEVICE = 'pi'

let server: RunningServer
let results: ResultsTable[]
beforeAll(async () => {
  const dataDir = await temporaryFolder(afterFile)
  const database = await openStateDatabase(dataDir)
  const next = random(4)
  results = timesFrom(FIRST, COUNT, 10_000, next).map((at) => result(at, next))
  await insertResults(database, results)
  const changes = Array.from({ length: 2500 }, (_, i) =>
    change(FIRST + i * MINUTE, i % 2 ? 'open' : 'closed', i % 2 ? 'closed' : 'open'),
  )
  for (let i = 0; i < changes.length; i += 500)
    await database.write
      .insertInto('transitions')
      .values(changes.slice(i, i + 500))
      .execute()
  for (let i = 0; i < 140; i++) {
    const value_json = JSON.stringify(READINGS[i % READINGS.length])
    const row = { device: DEVICE, sensor: `s-${i % 3}`, at: FIRST + Math.floor(i / 2), received_at: FIRST, value_json }
    await database.write.insertInto('readings').values(row).execute()
  }
  for (const name of ['s-0', 's-1', 's-2'])
    await database.write
      .insertInto('sensors')
      .values({ device: DEVICE, name, last_at: FIRST, last_value_json: '1' })
      .execute()
  await database.close()
  server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir, AJAR_RETAIN_RESULTS_DAYS: '36500' })
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['open', 'closed'] })
}, 60_000)

const get = async (path: string) => (await server.call('GET', path)).body
/** All pages of a list. */
async function all(path: string): Promise<object[]> {
  const items: object[] = []
  for (let cursor = ''; ; ) {
    const page = await get(`${path}&limit=700${cursor}`)
    items.push(...page.items)
    if (page.next === null) return items
    cursor = `&cursor=${page.next}`
  }
}
const OF_CAMERA = `/api/cameras/${CAMERA}`
const SPAN = '20260301T010000Z-20260301T090000Z'
const span = `from=${FIRST + HOUR}&to=${FIRST + 9 * HOUR}`

test.each([
  ['results', `${OF_CAMERA}/results?${span}`, `pi-cam-results-${SPAN}`, 1500],
  ['the first results of each minute', `${OF_CAMERA}/results?${span}&every=${MINUTE}`, `pi-cam-results-${SPAN}`, 300],
  ['transitions', `${OF_CAMERA}/transitions?from=${FIRST + HOUR}`, 'pi-cam-transitions-20260301T010000Z', 2000],
  ['readings', `/api/readings?device=${DEVICE}`, 'pi-readings', 140],
  [
    'readings of a sensor, newest first',
    `/api/readings?device=${DEVICE}&sensor=s-1&order=newest`,
    'pi-s-1-readings',
    40,
  ],
])('%s come as NDJSON with the items of the list, and as CSV of as many lines', async (_, path, name, least) => {
  const items = await all(path)
  expect(items.length).toBeGreaterThanOrEqual(least)
  const answer = await fetch(`${server.url}${path}&format=ndjson`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  const { headers } = answer
  const lines = await answer.text()
  expect(headers.get('content-type')).toBe('application/x-ndjson')
  expect(headers.get('content-disposition')).toBe(`attachment; filename="${name}.ndjson"`)
  expect(lines.endsWith('\n')).toBe(true)
  expect(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(items)
  const csv = await server.call('GET', `${path}&format=csv`)
  expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="${name}.csv"`)
  expect(rowsOf(csv.body)).toHaveLength(items.length + 1)
})

/** RFC 4180. */
function rowsOf(text: string): string[][] {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)]
  const rows: string[][] = [[]]
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

test('CSV of results has a column for the probability of each state of the camera', async () => {
  const [head = [], first = []] = rowsOf(await get(`${OF_CAMERA}/results?format=csv`))
  expect(head.slice(0, 8).join()).toBe('captured_at,state,confidence,best,reason,model,latency_ms,late')
  expect(Object.fromEntries(head.map((name, i) => [name, first[i]]))).toMatchObject({
    captured_at: new Date(FIRST).toISOString(),
    state: results[0]?.state,
    probability_open: '0.25',
    probability_closed: '0.75',
    frame: `${CAMERA}/${FIRST}`,
  })
  expect(head.at(-1)).toBe('frame')
})

test('CSV of readings quotes every text, and none is computed by a spreadsheet', async () => {
  const rows = rowsOf(await get(`/api/readings?device=${DEVICE}&format=csv`))
  const values = new Set(rows.slice(1).map(([, , , value]) => value))
  const shown = READINGS.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
  const harmless = shown.map((text) => (/^[=-]/.test(text) ? `'${text}` : text))
  expect([...values].sort()).toEqual(harmless.sort())
})

test.each([`${OF_CAMERA}/results?`, `${OF_CAMERA}/transitions?`, `/api/readings?device=${DEVICE}&`])(
  '%sfrom&to of a span that is none is refused, also as text',
  async (path) => {
    for (const format of ['json', 'csv', 'ndjson']) {
      const { status, body } = await server.call('GET', `${path}from=${FIRST}&to=${FIRST}&format=${format}`)
      expect([status, body.error?.code, body.error?.field]).toEqual([400, 'empty_span', 'to'])
    }
    expect((await server.call('GET', `${path}from=${FIRST}&to=${FIRST + 1}`)).status).toBe(200)
  },
)
