import { sql } from 'kysely'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { KNOW_SENSORS, Readings } from '../src/record/readings.ts'
import { takingInto, wordOf } from './taking.ts'
import { temporaryFolder } from './temporary-folder.ts'

const nothing = { unit: null, driver: null }
/** What an agent said of the sensor `heat`. */
const HEAT = { unit: '°C', driver: 'cpu-temperature' }

async function start(folder?: string) {
  const place = folder ?? (await temporaryFolder(onTestFinished))
  const database = await openStateDatabase(place)
  onTestFinished(() => database.close())
  const events = new Events()
  const told: { sensor: string; value: unknown }[] = []
  events.subscribe((rows) => told.push(...rows.map(({ data_json }) => JSON.parse(data_json))))
  const held: (string | null)[] = []
  const factsOf = (_device: string, sensor: string) => (sensor === 'heat' ? { ...HEAT, fault: null } : null)
  const onHeld = (why: string | null) => held.push(why)
  const readings = new Readings({ database, events, influx: true, factsOf, onHeld })
  await readings.start()
  onTestFinished(() => readings.close())
  const take = takingInto(readings)
  const recordText = async (payload: string | Uint8Array, time: string | null = null, sensor = 'door', device = 'pi') =>
    wordOf(await take({ device, sensor, time, payload: Buffer.from(payload) }))
  const record = (value: unknown, ...more: [time?: string | null, sensor?: string, device?: string]) =>
    recordText(JSON.stringify({ value }), ...more)
  const stored = () =>
    database.read.selectFrom('readings').select(['sensor', 'at', 'value_json']).orderBy('at').execute()
  const sensors = () => database.read.selectFrom('sensors').selectAll().execute()
  const eventRows = async () =>
    (await database.read.selectFrom('events').select('data_json').orderBy('id').execute()).map(({ data_json }) =>
      JSON.parse(data_json),
    )
  return { folder: place, database, readings, record, recordText, stored, sensors, told, eventRows, held }
}

test('readings without a time are all kept, in the order in which they came', async () => {
  const { record, stored } = await start()
  const values = Array.from({ length: 200 }, (_, i) => i)
  expect(await Promise.all(values.map((value) => record(value)))).toEqual(values.map(() => 'stored'))
  expect((await stored()).map(({ value_json }) => Number(value_json))).toEqual(values)
})

test('minted times go on rising after a start with a clock that was set back, and each sensor has its own', async () => {
  const first = await start()
  await first.record(1)
  const [{ at } = { at: 0 }] = await first.stored()
  await first.database.close()
  vi.spyOn(Date, 'now').mockReturnValue(at - 5000)
  onTestFinished(() => void vi.restoreAllMocks())
  const second = await start(first.folder)
  await second.record(2)
  await second.record(3, null, 'window')
  expect(await second.stored()).toEqual([
    { sensor: 'window', at: at - 5000, value_json: '3' },
    { sensor: 'door', at, value_json: '1' },
    { sensor: 'door', at: at + 1, value_json: '2' },
  ])
})

test('a reading sent again with its time and value changes nothing; with another value the first stays, and it is told', async () => {
  const { record, recordText, stored, eventRows, sensors } = await start()
  const time = String(Date.now())
  const collision = expect.objectContaining({ code: 'id_collision' })
  expect(await record(1, time)).toBe('stored')
  expect(await recordText('{ "value" : 1.0 }', time)).toBe('duplicate')
  expect(await record(2, time)).toEqual(collision)
  // Also where both come in one transaction.
  const both = [record([1], time, 'list'), record([1], time, 'list'), record([2], time, 'list'), record(1, time)]
  expect(await Promise.all(both)).toEqual(['stored', 'duplicate', collision, 'duplicate'])
  const at = Number(time)
  expect(await stored()).toEqual([
    { sensor: 'door', at, value_json: '1' },
    { sensor: 'list', at, value_json: '[1]' },
  ])
  expect((await sensors()).map(({ last_value_json }) => last_value_json)).toEqual(['1', '[1]'])
  expect((await eventRows()).map(({ value }) => value)).toEqual([1, [1]])
})

test('what cannot be a reading is refused with a code', async () => {
  const { recordText, stored } = await start()
  const now = String(Date.now())
  const codes = async (...calls: Parameters<typeof recordText>[]) =>
    Promise.all(calls.map(async (call) => (await recordText(...call)) as { code: string }))
  const times = ['9007199254740991', '8640000000000001', '0', '1e3', '-1', '', String(Date.now() + 3_600_000)]
  for (const { code } of await codes(...times.map((time): [string, string] => ['{"value":1}', time])))
    expect(code).toBe('clock')
  for (const { code } of await codes(
    ['{"value":1}', now, 'Door'],
    ['{"value":1}', now, 'do\nor'],
    ['{"value":1}', now, ''],
  ))
    expect(code).toBe('bad_name')
  const payloads = [
    ...['', '1', '{}', '{"value":null}', '{"value":true}', '{"value":1e999}', '{"value":[1,-1e999]}', '{"value":NaN}'],
    ...['{"value":1,"unit":"m"}', '{"value":[1,"a"]}', '{"value":[[1]]}', JSON.stringify({ value: 'x'.repeat(1025) })],
    JSON.stringify({ value: Array.from({ length: 4097 }, () => 0) }),
  ]
  for (const { code } of await codes(...payloads.map((payload): [string, string] => [payload, now])))
    expect(code).toBe('not_a_reading')
  expect(await recordText(Buffer.from('{"value":"\xff"}', 'latin1'), now)).toMatchObject({ code: 'not_a_reading' })
  expect(await stored()).toEqual([])
})

test('the largest list, the largest numbers and every text come back as they were', async () => {
  const { record, database } = await start()
  const values = [
    Array.from({ length: 4096 }, (_, i) => (i % 2 === 0 ? 1 : -1) * Math.PI ** (i % 300)),
    [Number.MAX_VALUE, Number.MAX_VALUE, 5e-324],
    [],
    '\0\n\r\t"\\\u007f\u2028 \ud83d\udeaa',
    '',
    ',= "x"',
  ]
  for (const [i, value] of values.entries()) expect(await record(value, null, `sensor-${i}`)).toBe('stored')
  const rows = await database.read.selectFrom('readings').select('value_json').orderBy('sensor').execute()
  expect(rows.map(({ value_json }) => JSON.parse(value_json))).toEqual(values)
  const points = await database.read.selectFrom('influx_outbox').select('point_json').execute()
  for (const number of points.flatMap(({ point_json }) => Object.values(JSON.parse(point_json).fields)))
    expect(number).not.toBeNull() // as JSON writes what is not finite
})

test('a device has at most 64 sensors; the others go on, and so do those of another device', async () => {
  const { record, sensors } = await start()
  const names = Array.from({ length: 70 }, (_, i) => `s${i}`)
  const written = await Promise.all(names.map((name) => record(1, null, name)))
  expect(written.filter((one) => one === 'stored')).toHaveLength(64)
  expect(written.slice(64)).toEqual(names.slice(64).map(() => expect.objectContaining({ code: 'too_many_sensors' })))
  expect(await record(2, null, 'one-more')).toMatchObject({ code: 'too_many_sensors' })
  expect(await record(2, null, 's63')).toBe('stored')
  expect(await record(2, null, 'one-more', 'pi-two')).toBe('stored')
  expect(await sensors()).toHaveLength(65)
})

test('a sensor is known by its first and newest reading, also where they come in another order', async () => {
  const { record, sensors, told } = await start()
  const at = Date.now()
  await record('new', String(at))
  await record('late', String(at - 5000))
  expect(await sensors()).toEqual([{ device: 'pi', name: 'door', last_at: at, last_value_json: '"new"', ...nothing }])
  // What comes late is no news.
  expect(told).toEqual([{ device: 'pi', sensor: 'door', at: new Date(at).toISOString(), value: 'new' }])
})

test('what its agent said of a sensor stands beside it from its first reading on', async () => {
  const { record, sensors, database } = await start()
  await Promise.all([record(20, null, 'heat'), record(21, null, 'heat'), record('open')])
  const facts = async () => (await sensors()).map(({ name, unit, driver }) => ({ name, unit, driver }))
  expect(await facts()).toEqual([
    { name: 'door', ...nothing },
    { name: 'heat', ...HEAT },
  ])
  // What is known later is not taken back by a reading.
  await database.write.updateTable('sensors').set({ unit: 'K' }).where('name', '=', 'heat').execute()
  await record(295, null, 'heat')
  expect(await facts()).toContainEqual({ name: 'heat', ...HEAT, unit: 'K' })
})

test('events tell the newest reading of each sensor, and their rows do not grow with the readings', async () => {
  const { record, eventRows, told, database } = await start()
  await database.write.insertInto('events').values({ at: Date.now(), kind: 'storage', data_json: '{}' }).execute()
  for (let i = 0; i < 50; i++) await Promise.all([record(i, null, 'one'), record(-i, null, 'two')])
  expect((await eventRows()).map(({ value }) => value)).toEqual([undefined, 49, -49])
  expect(told.filter(({ sensor }) => sensor === 'one').map(({ value }) => value)).toEqual(
    Array.from({ length: 50 }, (_, i) => i),
  )
})

test('the oldest event stays: by it the stream knows how far back one can go on', async () => {
  const { record, eventRows } = await start()
  for (let i = 0; i < 5; i++) await record(i)
  expect((await eventRows()).map(({ value }) => value)).toEqual([0, 4])
})

test('readings that an earlier release stored are known at the start, whatever was known before', async () => {
  const first = await start()
  await first.record(1, '1700000000000')
  const of = (sensor: string, at: number, device = 'pi') => ({
    ...{ device, sensor, at, received_at: at, value_json: String(at) },
  })
  const later = [
    of('door', 1700000005000),
    of('door', 1600000000000),
    of('window', 1),
    of('window', 2),
    of('a', 3, 'z'),
  ]
  await first.database.write.insertInto('readings').values(later).execute()
  await first.database.close()
  const { sensors } = await start(first.folder)
  const known = (device: string, name: string, last_at: number) => ({
    ...{ device, name, last_at, last_value_json: String(last_at), ...nothing },
  })
  expect(await sensors()).toEqual([known('pi', 'door', 1700000005000), known('pi', 'window', 2), known('z', 'a', 3)])
})

test('at the start, sensors are found without a look at all readings', async () => {
  const { database } = await start()
  const plan = await sql<{ detail: string }>`explain query plan ${KNOW_SENSORS}`.execute(database.write)
  const looks = plan.rows.map(({ detail }) => detail).filter((detail) => /\b(r|readings)\b/.test(detail))
  expect(looks.filter((detail) => !/^SEARCH (r|readings) USING PRIMARY KEY/.test(detail))).toEqual([])
  // From one sensor of a device to the next.
  expect(looks.join('\n')).toContain('(device=? AND sensor>?)')
})

test('while the disk refuses, readings wait and none is acknowledged; then all are stored', async () => {
  const { record, readings, stored, held, database } = await start()
  await record(0)
  await fill(database, true)
  let acknowledged = 0
  const waiting = Array.from({ length: 300 }, async (_, i) => {
    const written = await record(`${i} ${'x'.repeat(1000)}`)
    acknowledged += 1
    return written
  })
  await vi.waitUntil(() => readings.held !== null, { timeout: 20_000 })
  const atRest = acknowledged
  expect(atRest).toBeLessThan(300)
  expect(await stored()).toHaveLength(1 + atRest)
  await fill(database, false)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['stored']))
  expect(await stored()).toHaveLength(301)
  expect(held).toEqual([expect.stringContaining('full'), null])
  expect(readings.held).toBeNull()
})

test('what waits for the disk when the server closes is not acknowledged', async () => {
  const { record, readings, database } = await start()
  await fill(database, true)
  const waiting = Array.from({ length: 300 }, (_, i) => record(`${i} ${'x'.repeat(1000)}`))
  const ends = Promise.allSettled(waiting)
  await vi.waitUntil(() => readings.held !== null, { timeout: 20_000 })
  await readings.close()
  expect((await ends).at(-1)).toMatchObject({ status: 'rejected' })
})

test('a reading that cannot be written although the disk works fails alone', async () => {
  const { record, stored, database } = await start()
  await sql`create trigger refuse before insert on readings when new.value_json = '13'
    begin select raise(abort, 'not this one'); end`.execute(database.write)
  const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => record(i)))
  expect(ends.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([13])
  expect(await stored()).toHaveLength(19)
})

/** state.db may not grow while it is `full`. */
async function fill({ write }: StateDatabase, full: boolean) {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(write)
  const pages = full ? (rows[0]?.page_count ?? 0) : 1_000_000
  await sql`pragma max_page_count = ${sql.lit(pages)}`.execute(write)
}
