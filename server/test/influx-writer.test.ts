import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { InfluxConnection } from '../src/record/influx/connection.ts'
import type { Point } from '../src/record/influx/points.ts'
import { Writer } from '../src/record/influx/writer.ts'
import { Influxd } from './influxd.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const DATABASE = 'a "b" c'
const QUOTED = '"a \\"b\\" c"'
const DAY = 86_400_000

async function start() {
  const influxd = await Influxd.start(onTestFinished)
  const url = new URL(`http://127.0.0.1:${influxd.port}/${encodeURIComponent(DATABASE)}`)
  const connection = new InfluxConnection({ url, token: null })
  onTestFinished(() => connection.close())
  let made = 0
  return { influxd, writer: new Writer(connection, async () => void made++), made: () => made }
}

const reading = (fields: Point['fields'], timestamp: number, sensor = 's'): Point => {
  return { measurement: 'reading', tags: { device: 'pi', sensor }, fields, timestamp }
}

test('whatever a text says comes back as it was', { timeout: 60_000 }, async () => {
  const { influxd, writer, made } = await start()
  const texts = [
    '',
    ' ',
    '"',
    '\\',
    '\\"',
    'ends with \\',
    'two\nlines',
    '\r\n',
    'a=b,c d',
    '# no comment',
    "'",
    '🚪é',
    '\u0000\t',
  ]
  const points = texts.map((text, i) => reading({ text, value: i / 3 }, i))
  expect(await writer.write(points)).toEqual({ points: 0, tooOld: 0, why: null })
  expect(made()).toBe(1)
  const rows = await influxd.query(DATABASE, 'select text, value from reading')
  expect(rows.map(({ text }) => text)).toEqual(texts)
  expect(rows.map(({ value }) => value)).toEqual(texts.map((_, i) => i / 3))
})

test('numbers of every size come back, tags of every text make one point each', { timeout: 60_000 }, async () => {
  const { influxd, writer } = await start()
  const numbers = [0, -0, 1, -1, 0.1, 1e21, 1e-7, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53]
  await writer.write(numbers.map((value, i) => reading({ value }, i)))
  const rows = await influxd.query(DATABASE, 'select value from reading')
  expect(rows.map(({ value }) => value)).toEqual(numbers.map((number) => number + 0))
  const names = ['a b', 'a,b', 'a=b', 'a\\ b', 'ä', '"a"']
  await writer.write(names.map((name) => reading({ value: 1 }, 1000, name)))
  const tagged = await influxd.query(DATABASE, 'select value from reading where time = 1000ms group by sensor')
  expect(tagged.map(({ sensor }) => sensor).toSorted()).toEqual(names.toSorted())
  // What a tag cannot say does not become another point, or take one along.
  const odd = ['line\nbreak', 'ends with \\', '']
  expect(await writer.write(odd.map((name) => reading({ value: 2 }, 2000, name)))).toMatchObject({ points: 0 })
  expect(await influxd.query(DATABASE, 'select count(value) from reading where time = 2000ms')).toMatchObject([
    { count: 3 },
  ])
  expect(await writer.write([reading({ value: Number.NaN }, 1), reading({}, 1)])).toMatchObject({ points: 2 })
})

test('of points that are refused in any number of shards, the others are there', { timeout: 60_000 }, async () => {
  const { influxd, writer } = await start()
  await influxd.query('', `create database ${QUOTED}`)
  const now = Date.now()
  // Another program wrote texts where our numbers belong, in some of the weeks: a field has a type in each shard.
  const weeks = Array.from({ length: 12 }, (_, i) => now - i * 7 * DAY)
  await writer.write(weeks.filter((_, i) => i % 3 === 0).map((at) => reading({ value: 'text' }, at, 'theirs')))
  const points = weeks.flatMap((at) => Array.from({ length: 40 }, (_, i) => reading({ value: i }, at - i, 'ours')))
  const others = weeks.map((at): Point => ({ ...reading({ value: 1 }, at), measurement: 'probability' }))
  const refused = await writer.write([...points, ...others])
  expect(refused).toMatchObject({ points: 4 * 40, tooOld: 0, why: expect.stringMatching(/400.*field type conflict/) })
  const [ours] = await influxd.query(DATABASE, "select count(value) from reading where sensor = 'ours'")
  expect(ours?.count).toBe(8 * 40)
  const [told] = await influxd.query(DATABASE, 'select count(value) from probability')
  expect(told?.count).toBe(12)
})

test('of points that are too old, the others are there', { timeout: 60_000 }, async () => {
  const { influxd, writer } = await start()
  await influxd.query('', `create database ${QUOTED}`)
  await influxd.query('', `alter retention policy autogen on ${QUOTED} duration 7d shard duration 1d`)
  const points = Array.from({ length: 30 }, (_, i) => reading({ value: i }, Date.now() - i * DAY))
  const { points: refused, tooOld } = await writer.write(points)
  expect(refused).toBe(0)
  const [row] = await influxd.query(DATABASE, 'select count(value) from reading')
  expect(Number(row?.count) + tooOld).toBe(30)
  expect(row?.count).toBe(7)
})
