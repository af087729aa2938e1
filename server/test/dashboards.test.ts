import { beforeAll, beforeEach, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { MEASUREMENTS } from '../src/record/influx/measurements.ts'
import { DATABASE, PASSWORD, recordStory } from './dashboard-story.ts'
import {
  type Asked,
  type InfluxAnswer,
  judge,
  queriesOfDashboards,
  type Range,
  rendered,
  type Values,
} from './grafana.ts'

const HOUR = 3_600_000
const YEAR = 365 * 24 * HOUR
const ALL = queriesOfDashboards()
/** What an operator has chosen: one, several, or all, which is a regular expression of Grafana's own. */
const ONE: Values = { device: 'pi', camera: 'door', low: '1' }
const SEVERAL: Values = { device: ['pi', 'another'], camera: ['door', 'gate'], low: '1' }
const EVERYTHING: Values = { device: '.*', camera: '.*', low: '1' }

let hour: Range
let url: string
beforeEach((context) => needsProgram('influxd', 'influxdb', context))
beforeAll(async () => {
  const story = await recordStory(afterFile)
  hour = { from: story.hour, to: story.hour + HOUR }
  url = `http://127.0.0.1:${story.influxd.port}/query?db=${DATABASE}&epoch=ms`
}, 240_000)

async function verdict(asked: Asked, range: Range, values: Values): Promise<string> {
  const q = rendered(asked, range, values)
  // Grafana's own user may only read.
  const headers = { authorization: `Basic ${btoa(`grafana:${PASSWORD}`)}` }
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams({ q }) })
  const found = judge((await response.json()) as InfluxAnswer)
  return found === 'ok' ? found : `${found}: ${q}`
}

const lastYear = () => ({ from: Date.now() - YEAR, to: Date.now() })
/** Where a variable takes one value, a query compares with it; where it takes several, it matches them. */
const choicesOf = ({ influxql }: Asked) => (influxql.includes('/^($') ? [ONE, SEVERAL, EVERYTHING] : [ONE])

test.each(ALL.map((asked) => [`${asked.dashboard}, ${asked.panel}`, asked] as const))('%s', async (_, asked) => {
  expect(strangersIn(asked.influxql)).toEqual([])
  for (const values of choicesOf(asked)) {
    expect(await verdict(asked, hour, values)).toBe('ok')
    expect(await verdict(asked, lastYear(), values)).toBe('ok')
  }
})

test('every measurement is shown', () => {
  const shown = new Set(ALL.flatMap(({ influxql }) => measurementsOf(influxql).map(({ name }) => name)))
  expect([...shown].sort()).toEqual(Object.keys(MEASUREMENTS).sort())
})

test.each([
  ['itself', 'SELECT last("rss_bytes"), last("cameras"), last("disk_free_bytes") FROM "system" WHERE $timeFilter'],
  ['its devices', 'SELECT last("connected"), last("outbox_frames") FROM "device" WHERE $timeFilter'],
])('the server tells of %s unasked', async (_, influxql) => {
  const now = { from: hour.to, to: Date.now() }
  expect(await verdict({ dashboard: '', panel: '', influxql }, now, ONE)).toBe('ok')
})

test('a query that is misspelt, finds nothing or cannot be read does not pass', async () => {
  const query = (influxql: string) => verdict({ dashboard: '', panel: '', influxql }, hour, ONE)
  const right =
    'SELECT mean("confidence"), mean("latency_ms") FROM "result" WHERE $timeFilter GROUP BY time($__interval)'
  expect(await query(right)).toBe('ok')
  expect(await query(right.replace('"confidence"', '"confidense"'))).toMatch('nothing is in mean')
  expect(await query(right.replace('"result"', '"results"'))).toMatch('the answer is empty')
  expect(await query(right.replace('WHERE', 'WHERE "device" = \'none\' AND'))).toMatch('the answer is empty')
  expect(await query(right.replace('GROUP', 'GRUOP'))).toMatch('InfluxDB says')
  expect(() => rendered({ dashboard: '', panel: '', influxql: '$nobody' }, hour, ONE)).toThrow('nobody says')
  expect(strangersIn(right.replace('"confidence"', '"confidense"'))).toEqual(['confidense'])
  expect(strangersIn(right.replace('"result"', '"rollups"."result"'))).toEqual(['rollups'])
  expect(strangersIn('SHOW TAG VALUES FROM "result" WITH KEY = "sensor"')).toEqual(['sensor'])
})

function measurementsOf(influxql: string): { policy: string | null; name: string }[] {
  return [...influxql.matchAll(/FROM (?:"(\w+)"\.)?"(\w+)"/g)].map(([, policy = null, name = '']) => ({ policy, name }))
}

/** Names in a query that are no policy, measurement, tag or field that the server writes, and no name that it gives itself. */
function strangersIn(influxql: string): string[] {
  const known = new Set([...influxql.matchAll(/AS "(\w+)"/g)].map(([, name = '']) => name))
  const isShape = (name: string): name is keyof typeof MEASUREMENTS => name in MEASUREMENTS
  for (const { policy, name } of measurementsOf(influxql)) {
    if (!isShape(name)) continue
    const shape = MEASUREMENTS[name]
    for (const one of [name, ...Object.keys(shape.tags), ...Object.keys(shape.fields)]) known.add(one)
    if (policy === shape.policy && policy !== null) known.add(policy)
  }
  return [...influxql.matchAll(/"(\w+)"/g)].map(([, name = '']) => name).filter((name) => !known.has(name))
}
