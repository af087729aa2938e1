import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { AlertWorld, DAY, HOUR, MINUTE, SECOND, START } from './alert-world.ts'

/** Alert rules over simulated days: whatever happens to doors, devices, the server and its clock, each alert is told once. */

const DOOR = 'pi/door'
const OPEN = { name: 'open', kind: 'state', params: { state: 'open' }, forMs: 10 * MINUTE, clearMs: 0 }

async function world() {
  const it = await AlertWorld.start(onTestFinished)
  it.see(DOOR, 'closed')
  it.device('pi', true, 0)
  return it
}

/** Whoever listens, in whatever way, was told the same, in the same order. */
async function sameEverywhere(it: AlertWorld) {
  const states: Record<string, string> = { fired: 'firing', acknowledged: 'firing', unacknowledged: 'firing' }
  const told = it.told.map((line) => line.replace(/^(\d+ )?\S+ /, '').split(' '))
  const events = it.events.map(({ data_json }) => JSON.parse(data_json))
  expect(events.map(({ state, subject }) => [state, subject])).toEqual(
    told.map(([to = '', subject]) => [states[to] ?? to, subject]),
  )
  const messages = it.webhooks.map((line) => line.split(' ').slice(0, 2))
  const types: Record<string, string> = { fired: 'alert.firing', acknowledged: 'alert.acknowledged' }
  expect(messages).toEqual(
    told.filter(([to]) => to !== 'unacknowledged').map(([to = '', subject]) => [types[to] ?? `alert.${to}`, subject]),
  )
  const published = told.flatMap(([to = '', subject]) =>
    (to === 'resolved' ? ['resolved', 'nothing'] : ['firing']).map((state) => `${subject} ${state}`),
  )
  expect(it.published.map((line) => line.replace(/^ajar\/(.*)\/alert\/\S+/, '$1'))).toEqual(published)
  expect([...it.retained.keys()].sort()).toEqual(
    it.engine
      .alerts()
      .map(({ subject, rule }) => `ajar/${subject}/alert/${rule}`)
      .sort(),
  )
  const rows = await it.database.read.selectFrom('alerts').selectAll().execute()
  const count = (to: string) => told.filter(([one]) => one === to).length
  expect(rows.filter(({ state }) => state !== 'pending')).toHaveLength(count('fired'))
  expect(rows.filter(({ state }) => state === 'resolved')).toHaveLength(count('resolved'))
}

test('three days of a door: it fires once it is open for ten minutes, and ends when it is closed', async () => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  await it.until('08:00')
  it.see(DOOR, 'open')
  await it.until('08:09:59')
  expect(it.told).toEqual([])
  it.see(DOOR, 'closed')
  await it.until('12:00')
  it.see(DOOR, 'open')
  await it.until('12:20')
  it.see(DOOR, 'closed')
  await it.until('18:00')
  it.see(DOOR, 'open')
  await it.until('2 07:00')
  it.see(DOOR, 'closed')
  // Every five minutes somebody comes or goes.
  for (let i = 0; i < 100; i++) {
    await it.run(5 * MINUTE)
    it.see(DOOR, i % 2 === 0 ? 'open' : 'closed')
  }
  await it.until('3 12:00')
  expect(it.told).toEqual([
    '12:10:00 fired pi/door',
    '12:20:01 resolved pi/door',
    '18:10:00 fired pi/door',
    '2 07:00:01 resolved pi/door',
  ])
  await sameEverywhere(it)
})

test('an alert says since when it is so, and once it ended what was so, and for how long', async () => {
  const it = await world()
  const { row } = await it.rules.create({ ...OPEN, clearMs: MINUTE }, 'me')
  const said = async () => {
    const { text, value_json } = await it.database.read.selectFrom('alerts').selectAll().executeTakeFirstOrThrow()
    return { text, value: JSON.parse(value_json) }
  }
  await it.until('08:00')
  it.see(DOOR, 'open')
  await it.until('08:20')
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  expect(await said()).toEqual({ text: `pi/door is open since ${clock.format(START + 8 * HOUR)}`, value: 'open' })
  await it.until('10:02:03')
  it.see(DOOR, 'closed')
  await it.until('10:05')
  // The minute for which it had to be closed is none in which it was open.
  expect(await said()).toEqual({ text: 'pi/door was open for 2 h 2 min', value: 'open' })
  it.see(DOOR, 'open')
  await it.until('10:20')
  await it.rules.remove(row.id)
  await it.until('10:21')
  const [, last] = await it.database.read.selectFrom('alerts').select('text').orderBy('id').execute()
  expect(last?.text).toBe('pi/door was open for 15 min 1 s; its rule was deleted')
})

test('a door that flaps: it has to be closed for a minute before the alert ends', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, clearMs: MINUTE }, 'me')
  it.see(DOOR, 'open')
  await it.run(HOUR)
  for (let i = 0; i < 60; i++) {
    it.see(DOOR, 'closed')
    await it.run(50 * SECOND)
    it.see(DOOR, 'open')
    await it.run(10 * SECOND)
  }
  it.see(DOOR, 'closed')
  await it.until('03:00')
  expect(it.told).toEqual(['00:10:00 fired pi/door', '02:01:01 resolved pi/door'])
  await sameEverywhere(it)
})

test('nobody can tell while the camera is unknown: what fires goes on, what is pending waits', async () => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  it.see(DOOR, 'open')
  await it.run(5 * MINUTE)
  it.see(DOOR, 'unknown', 'low_confidence')
  await it.run(HOUR) // these do not count
  it.see(DOOR, 'open')
  await it.run(10 * MINUTE)
  it.see(DOOR, 'unknown', 'offline')
  await it.run(DAY)
  it.see(DOOR, 'open')
  await it.run(HOUR)
  expect(it.told).toEqual(['01:10:00 fired pi/door'])
  it.see(DOOR, 'unknown', 'moved')
  await it.run(HOUR)
  it.see(DOOR, 'closed')
  await it.run(MINUTE)
  expect(it.told.slice(1)).toEqual(['2 03:15:01 resolved pi/door'])
  await sameEverywhere(it)
})

test.each([
  ['stopped', false, '01:10:01'],
  // What it had seen since the last note is lost.
  ['killed', true, '01:10:31'],
])('a server that was %s for an hour: that time does not count, and what stood stands on', async (_, killed, fires) => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  await it.rules.create({ ...OPEN, name: 'at once', forMs: 0, clearMs: MINUTE }, 'me')
  it.see(DOOR, 'open')
  await it.run(5 * MINUTE + 30 * SECOND)
  expect(it.told).toEqual(['00:00:01 fired pi/door'])
  await it.down({ killed })
  await it.run(HOUR)
  await it.boot()
  await it.run(4 * MINUTE)
  expect(it.told).toHaveLength(1)
  await it.run(2 * MINUTE)
  expect(it.told).toHaveLength(2)
  expect(it.told[1]).toBe(`${fires} fired pi/door`)
  // It is closed while the server is down again: seen for a minute, both end.
  await it.down({ killed })
  it.see(DOOR, 'closed')
  await it.run(HOUR)
  await it.boot()
  await it.run(2 * MINUTE)
  expect(it.told.slice(2)).toEqual(['02:11:31 resolved pi/door', '02:12:31 resolved pi/door'])
  await sameEverywhere(it)
})

test('the time to its end is counted anew after a start', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, forMs: 0, clearMs: MINUTE }, 'me')
  it.see(DOOR, 'open')
  await it.run(MINUTE)
  it.see(DOOR, 'closed')
  await it.run(30 * SECOND)
  await it.down()
  await it.run(HOUR)
  await it.boot()
  await it.run(HOUR)
  expect(it.told).toEqual(['00:00:01 fired pi/door', '01:02:31 resolved pi/door'])
  await sameEverywhere(it)
})

test('a server that is started again every five minutes still finds a door that is open', async () => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  it.see(DOOR, 'open')
  for (let i = 0; i < 6; i++) {
    await it.run(5 * MINUTE)
    await it.down()
    await it.run(10 * SECOND)
    await it.boot()
  }
  // Twice ten seconds without a server, and the moment until it looks again.
  expect(it.told).toEqual(['00:10:22 fired pi/door'])
  await sameEverywhere(it)
})

test('after a start a camera counts once it is seen, and a device is missed once it had time to come', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, forMs: 0 }, 'me')
  await it.rules.create({ name: 'away', kind: 'offline', forMs: 0 }, 'me')
  it.see(DOOR, 'open')
  await it.run(MINUTE)
  await it.down()
  it.see(DOOR, 'open')
  for (const name of ['pi', 'other']) it.device(name, false)
  await it.run(HOUR)
  await it.boot()
  await it.run(MINUTE)
  it.device('pi', true)
  await it.run(5 * MINUTE)
  it.device('other', true)
  await it.run(MINUTE)
  expect(it.told).toEqual(['00:00:01 fired pi/door', '01:03:00 fired other', '01:07:01 resolved other'])
  await sameEverywhere(it)
})

test('a camera whose frames do not come after a start is as it was before, as far as anybody knows', async () => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  it.see(DOOR, 'open')
  await it.run(9 * MINUTE + 30 * SECOND)
  await it.down()
  await it.boot()
  Object.assign(it.cameras.get(DOOR) ?? {}, { isSilent: true })
  await it.run(HOUR)
  expect(it.told).toEqual([])
  Object.assign(it.cameras.get(DOOR) ?? {}, { isSilent: false })
  await it.run(MINUTE)
  expect(it.told).toEqual(['01:10:01 fired pi/door'])
})

test('a machine that slept misses nobody at once: devices have to come again', async () => {
  const it = await world()
  await it.rules.create({ name: 'away', kind: 'offline', forMs: 0 }, 'me')
  await it.run(HOUR)
  it.now += 8 * HOUR
  it.device('pi', false)
  await it.run(MINUTE)
  it.device('pi', true)
  await it.run(HOUR)
  expect(it.told).toEqual([])
  it.device('pi', false)
  await it.run(MINUTE)
  expect(it.told).toEqual(['10:01:01 fired pi'])
})

test('an outbox grows and drains: two numbers keep an alert from flapping', async () => {
  const it = await world()
  await it.rules.create({ name: 'waits', kind: 'outbox', forMs: 0, params: { frames: 500 } }, 'me')
  for (const frames of [100, 500, 501, 480, 510, 260, 250, 249, 400, 500, 0]) {
    it.device('pi', true, frames)
    await it.run(MINUTE)
  }
  expect(it.told).toEqual(['00:02:01 fired pi', '00:07:01 resolved pi'])
  // Away, nobody knows what waits in it; disabled it is not missed.
  it.device('pi', true, 900)
  await it.run(MINUTE)
  it.device('pi', false, 900)
  await it.run(DAY)
  it.device('pi', true, 0)
  await it.run(MINUTE)
  expect(it.told.slice(2)).toEqual(['00:11:01 fired pi', '2 00:12:01 resolved pi'])
  await sameEverywhere(it)
})

test('acknowledged, it stands on; the next time it is another alert', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, forMs: 0 }, 'me')
  it.see(DOOR, 'open')
  await it.run(MINUTE)
  const [alert] = it.engine.alerts()
  await it.engine.acknowledge(alert?.id ?? 0, 'ann')
  await it.run(MINUTE)
  await it.down()
  await it.boot()
  expect(it.engine.alerts()).toMatchObject([{ id: alert?.id, acknowledged_by: 'ann', acknowledged_at: START + MINUTE }])
  it.see(DOOR, 'closed')
  await it.run(MINUTE)
  it.see(DOOR, 'open')
  await it.run(MINUTE)
  expect(it.engine.alerts()).toMatchObject([{ acknowledged_by: null }])
  expect(it.told.map((line) => line.split(' ')[1])).toEqual(['fired', 'acknowledged', 'resolved', 'fired'])
  await sameEverywhere(it)
})

test('a clock that is set counts nothing twice and loses nothing; a machine that slept was not there', async () => {
  const it = await world()
  await it.rules.create(OPEN, 'me')
  await it.rules.create({ ...OPEN, name: 'quick', forMs: 0, clearMs: 10 * MINUTE }, 'me')
  it.see(DOOR, 'open')
  await it.run(5 * MINUTE)
  it.now += 3 * DAY
  await it.run(4 * MINUTE)
  it.now -= 3 * DAY
  await it.run(50 * SECOND)
  expect(it.told).toEqual(['00:00:01 fired pi/door'])
  expect(it.engine.alerts({ pending: true }).map(({ since }) => since)).toEqual([START, START])
  await it.run(20 * SECOND)
  expect(it.told).toHaveLength(2)
  it.see(DOOR, 'closed')
  await it.run(5 * MINUTE)
  it.now -= 2 * HOUR
  await it.run(4 * MINUTE)
  expect(it.told.filter((line) => line.includes('resolved'))).toHaveLength(1)
  await it.run(2 * MINUTE)
  expect(it.told.filter((line) => line.includes('resolved'))).toHaveLength(2)
  await sameEverywhere(it)
})

test('a rule that is made while the door is open for long fires at once', async () => {
  const it = await world()
  it.see(DOOR, 'open')
  await it.run(HOUR)
  await it.rules.create(OPEN, 'me')
  await it.run(SECOND)
  expect(it.told).toEqual(['01:00:01 fired pi/door'])
  expect(it.engine.alerts()).toMatchObject([{ since: START }])
})

test('a disk that refuses: nothing is told that is not kept, and all of it once the disk works', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, forMs: 0 }, 'me')
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(it.database.write)
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(it.database.write)
  // Rows are small: enough of them are more than the pages that are there.
  for (let i = 0; i < 200; i++) it.see(`pi/door-${i}`, 'open')
  await it.run(5 * SECOND)
  expect(it.engine.trouble).toMatch(/full/)
  expect(it.events).toEqual([])
  await sql`pragma max_page_count = 1000000`.execute(it.database.write)
  await it.run(SECOND)
  expect(it.engine.trouble).toBeNull()
  expect(new Set(it.told).size).toBe(200)
  expect(it.told).toHaveLength(200)
})

test('no more than 10,000 alerts stand, and that is said; the last places are for what the server tells of itself', {
  timeout: 60_000,
}, async () => {
  const it = await world()
  for (let i = 0; i < 2_100; i++) it.see(`pi/door-${i}`, 'open')
  for (let i = 0; i < 5; i++) await it.rules.create({ ...OPEN, name: `rule ${i}`, forMs: 0 }, 'me')
  await it.run(SECOND)
  expect(it.engine.alerts()).toHaveLength(9800)
  expect(it.engine.isFull).toBe(true)
  await it.rules.create({ name: 'disk', kind: 'disk', forMs: 0 }, 'me')
  it.freeBytes = 5
  await it.run(SECOND)
  expect(it.told.at(-1)).toMatch(/ fired server$/)
  expect(it.engine.alerts()).toHaveLength(9801)
  for (let i = 0; i < 500; i++) it.see(`pi/door-${i}`, 'closed')
  await it.run(3 * SECOND)
  expect(it.engine.isFull).toBe(false)
  expect(it.engine.alerts()).toHaveLength(8001)
})

test('a server that is not well for a minute is an alert, and ends with what was wrong', async () => {
  const it = await world()
  await it.rules.create({ name: 'well?', kind: 'health' }, 'me')
  await it.until('00:10')
  it.health = [{ name: 'worker', level: 'error', text: 'nobody trains' }]
  await it.until('00:10:30')
  it.health = []
  await it.until('01:00')
  it.health = [{ name: 'worker', level: 'error', text: 'nobody trains' }]
  await it.until('01:02')
  it.health = [{ name: 'worker', level: 'ok', text: 'works' }]
  await it.until('01:03')
  expect(it.told).toEqual(['01:01:01 fired server', '01:02:01 resolved server'])
  const alert = await it.database.read.selectFrom('alerts').selectAll().executeTakeFirstOrThrow()
  expect(alert.text).toBe('the server was not well (worker: nobody trains) for 2 min')
  await sameEverywhere(it)
})

test('alerts that ended are kept for 90 days', async () => {
  const it = await world()
  await it.rules.create({ ...OPEN, forMs: 0 }, 'me')
  it.see(DOOR, 'open')
  await it.run(MINUTE)
  it.see(DOOR, 'closed')
  await it.run(MINUTE)
  const count = async () => (await it.database.read.selectFrom('alerts').select('id').execute()).length
  it.now += 89 * DAY
  await it.run(11 * MINUTE)
  expect(await count()).toBe(1)
  it.now += DAY
  await it.run(11 * MINUTE)
  expect(await count()).toBe(0)
})
