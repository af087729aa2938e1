import { sql } from 'kysely'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Events } from '../src/database/events.ts'
import type { DeviceRow } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { MEASUREMENTS } from '../src/record/influx/measurements.ts'
import { Samples, type SamplesPorts } from '../src/record/influx/samples.ts'
import { pointsIn } from './outbox.ts'
import { temporaryFolder } from './temporary-folder.ts'

const BEGAN = 1_000_000

// Looks are called for by hand.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
})

/** Samples on a real database, of devices as they are told; each look is a second later. */
async function start(more: Partial<SamplesPorts> = {}) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  const events = new Events()
  const devices: Pick<DeviceRow, 'name' | 'connected' | 'status_json'>[] = [
    { name: 'front', connected: 1, status_json: '{"state":"online","outboxFrames":2}' },
    { name: 'back', connected: 0, status_json: null },
  ]
  const warnings: string[] = []
  let now = BEGAN
  const samples = new Samples({
    ...{ database, events, now: () => now, devices: () => devices, waiting: async () => 7 },
    storage: () => ({ bytes: 1, freeBytes: 2, stateBytes: 3, walBytes: 4 }),
    facts: () => ({ pending_frames: 5, http_connections: 6, mqtt_connections: 7, cameras: 8 }),
    sparingLog: { warn: (_, __, text) => warnings.push(text) },
    ...more,
  })
  onTestFinished(async () => {
    await samples.close()
    await database.close()
  })
  samples.start()
  await samples.look() // the one that `start` began
  /** What the looks of so many seconds write. */
  const after = async (seconds: number) => {
    const before = (await pointsIn(database)).length
    for (let i = 0; i < seconds; i++) {
      now += 1000
      await samples.look()
    }
    return (await pointsIn(database)).slice(before)
  }
  const tell = async (device: string) =>
    events.publish(await events.append(database.write, [{ kind: 'device', data: { device, change: 'seen' } }]))
  return { database, devices, samples, after, tell, warnings }
}

const named = (points: Awaited<ReturnType<typeof pointsIn>>) =>
  points.map(({ measurement, tags, timestamp }) => `${(timestamp - BEGAN) / 1000} ${tags.device ?? measurement}`)

test('the server is sampled at the start and every 15 s, each device at the start and every minute', async () => {
  const { database, after } = await start()
  expect(named(await pointsIn(database))).toEqual(['0 front', '0 back', '0 system'])
  expect(named(await after(14))).toEqual([])
  expect(named(await after(1))).toEqual(['15 system'])
  expect(named(await after(45))).toEqual(['30 system', '45 system', '60 front', '60 back', '60 system'])
})

test('the server says all that is listed of it', async () => {
  const { database } = await start()
  const [point] = await pointsIn(database, 'system')
  expect(Object.keys(point?.fields ?? {}).sort()).toEqual(Object.keys(MEASUREMENTS.system.fields).sort())
  expect(point?.fields).toMatchObject({ influx_outbox: 7, devices_connected: 1, jobs_waiting: 0, wal_bytes: 4 })
  for (const value of Object.values(point?.fields ?? {})) expect(value).toEqual(expect.any(Number))
})

test('a device that comes, goes or says something is sampled at the next look, once however often it does', async () => {
  const { devices, after, tell } = await start()
  await after(1)
  for (let i = 0; i < 50; i++) await tell('front')
  Object.assign(devices[0] ?? {}, { connected: 0 })
  await tell('front')
  const points = await after(3)
  expect(named(points)).toEqual(['2 front'])
  expect(points[0]?.fields).toEqual({ connected: 0 })
})

test('who only says that it is there, without a credential, becomes no series', async () => {
  const { after, tell } = await start()
  await tell('a-name-that-a-stranger-made-up')
  expect(named(await after(60)).filter((name) => name.includes('stranger'))).toEqual([])
})

test('while half of the outbox waits no samples are taken, so that they drive no result out of it', async () => {
  let waiting = 500_000
  const { database, after } = await start({ waiting: async () => waiting })
  expect(await pointsIn(database)).toEqual([])
  waiting = 499_999
  expect(named(await after(60))).toContain('60 front')
})

test('a disk that refuses costs samples and no words; what else fails is told, and the next sample is taken', async () => {
  let fails = false
  const facts = () => {
    if (fails) throw new Error('not now')
    return {}
  }
  const { database, after, warnings } = await start({ facts })
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.write)
  await sql`create table filler (bytes blob)`.execute(database.write)
  await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 2)}`.execute(database.write)
  const fill = () => sql`insert into filler values (zeroblob(100))`.execute(database.write)
  while (
    await fill().then(
      () => true,
      () => false,
    )
  );
  expect((await after(600)).length).toBeLessThan(40)
  expect(warnings).toEqual([])
  await sql`pragma max_page_count = 1000000`.execute(database.write)
  fails = true
  expect(named(await after(15))).toEqual([])
  expect(warnings).toEqual([expect.stringContaining('could not be sampled')])
  fails = false
  expect(named(await after(15))).toHaveLength(1)
})
