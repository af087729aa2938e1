import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { Policies } from '../src/record/influx/policies.ts'
import { addResults, InfluxParts } from './influx-parts.ts'
import { Influxd } from './influxd.ts'
import { temporaryFolder } from './temporary-folder.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A full hour. */
const BEGIN = Math.floor(Date.now() / HOUR) * HOUR - 100 * HOUR

async function start({ authentication = false } = {}) {
  const influxd = await Influxd.start(onTestFinished, { authentication })
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  return { influxd, database }
}

async function partsOf(database: StateDatabase, influxd: Influxd, name: string, user = '') {
  const parts = new InfluxParts(database, `http://${user}127.0.0.1:${influxd.port}/${name}`)
  await parts.targets.goTo(parts.target)
  return parts
}

async function sendAll(parts: InfluxParts) {
  const rollups = parts.rollups()
  while (await rollups.send());
}

const hoursIn = (influxd: Influxd, name: string, user: string | null = null) =>
  influxd.query(name, 'select camera, state, results, confidence_mean from "rollups"."result_1h"', user)

async function unsent(database: StateDatabase): Promise<number> {
  const rows = await database.read.selectFrom('result_rollups').select('sent').where('width', '=', HOUR).execute()
  return rows.filter(({ sent }) => sent === 0).length
}

test('each closed hour is there once, and again as it is when late results change it', {
  timeout: 60_000,
}, async () => {
  const { influxd, database } = await start()
  const HOURS = 700
  // More hours than a page has, a result each, and an hour that is not over.
  const results = Array.from({ length: HOURS }, (_, i) => BEGIN - i * HOUR)
  for (const at of results) await addResults(database, 'pi/cam', at, 1)
  await addResults(database, 'pi/cam', BEGIN + HOUR, 1)
  const parts = await partsOf(database, influxd, 'ajar')
  parts.now = BEGIN + 1.5 * HOUR
  await sendAll(parts)
  const rows = await hoursIn(influxd, 'ajar')
  expect(rows.map(({ time }) => time)).toEqual(results.toSorted((a, b) => a - b))
  expect(rows[0]).toMatchObject({ camera: 'cam', state: 'open', results: 1, confidence_mean: 0.9 })
  expect(await unsent(database)).toBe(1)
  const [, policy] = await influxd.query('', 'show retention policies on ajar')
  expect(policy).toMatchObject({ name: 'rollups', duration: '0s', default: false })

  // A late result of an hour that was sent.
  await addResults(database, 'pi/cam', BEGIN + 1000, 1)
  expect(await unsent(database)).toBe(2)
  parts.now = BEGIN + 2 * HOUR
  await sendAll(parts)
  const again = await hoursIn(influxd, 'ajar')
  expect(again).toHaveLength(HOURS + 1)
  expect(again.slice(-2)).toMatchObject([
    { time: BEGIN, results: 2 },
    { time: BEGIN + HOUR, results: 1 },
  ])
  expect(await unsent(database)).toBe(0)
})

test('a policy that somebody has dropped is filled again', { timeout: 60_000 }, async () => {
  const { influxd, database } = await start()
  for (let i = 0; i < 3; i++) await addResults(database, 'pi/cam', BEGIN - i * HOUR, 1)
  const parts = await partsOf(database, influxd, 'ajar')
  await sendAll(parts)
  // What the first making of the policy has sent again is sent again by the next look.
  await sendAll(parts)
  expect(await unsent(database)).toBe(0)
  await influxd.query('', 'drop retention policy rollups on ajar')
  await addResults(database, 'pi/cam', BEGIN + HOUR, 1)
  parts.now = BEGIN + 3 * HOUR
  await sendAll(parts)
  await sendAll(parts)
  expect(await hoursIn(influxd, 'ajar')).toHaveLength(4)
  expect(await unsent(database)).toBe(0)
})

test('what changes while it is sent is sent again', { timeout: 60_000 }, async () => {
  const { influxd, database } = await start()
  await addResults(database, 'pi/cam', BEGIN, 1)
  await addResults(database, 'pi/other', BEGIN, 1)
  const parts = await partsOf(database, influxd, 'ajar')
  const { write } = parts.writer
  parts.writer.write = async (...given) => {
    const refused = await write.call(parts.writer, ...given)
    await addResults(database, 'pi/cam', BEGIN + 500, 1)
    return refused
  }
  await parts.rollups().send()
  expect(await unsent(database)).toBe(1)
  parts.writer.write = write
  await parts.rollups().send()
  expect(await hoursIn(influxd, 'ajar')).toMatchObject([
    { camera: 'cam', results: 2 },
    { camera: 'other', results: 1 },
  ])
})

test('time in states goes the same way', { timeout: 60_000 }, async () => {
  const { influxd, database } = await start()
  const row = { camera: 'pi/cam', at: BEGIN, sent: 0 } as const
  await database.write
    .insertInto('state_hours')
    .values([
      { ...row, state: 'open', ms: 1500, entered: 3 },
      { ...row, state: 'closed', ms: HOUR - 1500, entered: 2 },
    ])
    .execute()
  const parts = await partsOf(database, influxd, 'ajar')
  await sendAll(parts)
  expect(await influxd.query('ajar', 'select state, seconds, entered from "rollups"."state_1h"')).toMatchObject([
    { time: BEGIN, state: 'closed', seconds: 3598.5, entered: 2 },
    { time: BEGIN, state: 'open', seconds: 1.5, entered: 3 },
  ])
})

test('another InfluxDB gets them all, and so does the first one when it is back', { timeout: 60_000 }, async () => {
  const { influxd, database } = await start()
  // So many hours that they are marked in several goes.
  for (const camera of ['pi/a', 'pi/b'])
    for (const at of [0, 3000, 5000]) await addResults(database, camera, BEGIN - at * HOUR, 1)
  const first = await partsOf(database, influxd, 'first')
  await sendAll(first)
  expect(await hoursIn(influxd, 'first')).toHaveLength(6)
  const second = await partsOf(database, influxd, 'second')
  await sendAll(second)
  expect(await hoursIn(influxd, 'second')).toHaveLength(6)
  // The database was made for the first of them: whatever was sent before may be gone.
  await sendAll(second)
  expect(await second.row()).toMatchObject({ rollups_missing: 0 })
  await addResults(database, 'pi/a', BEGIN + HOUR, 1)
  await sendAll(second)
  const back = await partsOf(database, influxd, 'first')
  expect(await back.row()).toMatchObject({ rollups_missing: 1, missing_from: 0, gaps: 2 })
  await sendAll(back)
  expect(await hoursIn(influxd, 'first')).toHaveLength(7)
  // Nothing is sent again without a reason.
  const { write } = back.writer
  back.writer.write = () => Promise.reject(new Error('sent again'))
  await sendAll(back)
  back.writer.write = write
})

test('who may not make the policy is told the statement, and it works once that was run', {
  timeout: 60_000,
}, async () => {
  const { influxd, database } = await start({ authentication: true })
  const ADMIN = 'root:right'
  await influxd.query('', "create user root with password 'right' with all privileges")
  for (const statement of [
    'create database "my doors"',
    "create user ajar with password 'x'",
    'grant write on "my doors" to ajar',
  ])
    await influxd.query('', statement, ADMIN)
  await addResults(database, 'pi/cam', BEGIN, 1)
  const parts = await partsOf(database, influxd, 'my%20doors', 'ajar:x@')
  const why = await parts
    .rollups()
    .send()
    .catch((error: Error) => error.message)
  const statement = 'CREATE RETENTION POLICY "rollups" ON "my doors" DURATION INF REPLICATION 1 SHARD DURATION 52w'
  expect(why).toContain(`an administrator of InfluxDB may run ${statement}`)
  expect(why).toContain('403')
  expect(await unsent(database)).toBe(1)
  await influxd.query('', statement, ADMIN)
  await sendAll(parts)
  expect(await hoursIn(influxd, 'my doors', ADMIN)).toHaveLength(1)

  // How long points are kept: it may not even be asked.
  const retention = new Policies(parts.connection, 30 * DAY)
  const advice = /an administrator of InfluxDB may run (ALTER RETENTION POLICY "autogen" ON "my doors" DURATION 30d)/
  const told = await retention.apply().catch((error: Error) => error.message)
  const [, alteration = ''] = advice.exec(String(told)) ?? []
  await influxd.query('', alteration, ADMIN)
  await influxd.query('', 'grant all on "my doors" to ajar', ADMIN)
  await retention.apply()
  expect(retention.keptMs).toBe(30 * DAY)
})

test('points are kept for as long as is wished, also shorter than a shard', { timeout: 60_000 }, async () => {
  const { influxd, database } = await start()
  await influxd.query('', 'create database ajar')
  const parts = await partsOf(database, influxd, 'ajar')
  const none = new Policies(parts.connection, null)
  await none.apply()
  expect(none.keptMs).toBe(null)
  for (const days of [400, 3, 1, 90]) {
    const policies = new Policies(parts.connection, days * DAY)
    await policies.apply()
    await policies.apply()
    expect(policies.keptMs).toBe(days * DAY)
    const [policy] = await influxd.query('', 'show retention policies on ajar')
    expect(policy).toMatchObject({ name: 'autogen', duration: `${24 * days}h0m0s`, default: true })
    await none.apply()
    expect(none.keptMs).toBe(days * DAY)
  }
})
