import { sql } from 'kysely'
import { Type } from 'typebox'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JobHandler } from '../src/jobs/jobs.ts'
import { nextRun } from '../src/jobs/schedules/cron.ts'
import { Firing } from '../src/jobs/schedules/firing.ts'
import { Schedules } from '../src/jobs/schedules/schedules.ts'
import { until } from './running-server.ts'
import { kind, startJobs, stateOf, untilCancelled } from './some-jobs.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** On the hour. */
const START = Date.UTC(2026, 5, 1, 12)
const HOURLY = { kind: 'work', camera: 'pi/door', params: { a: 1 }, cron: '0 * * * *', timezone: 'UTC' }
const KINDS = [
  kind('work', 'worker', { scheduled: Type.Object({ a: Type.Integer() }) }),
  kind('light', 'server', { scheduled: Type.Object({}) }),
]

/** Jobs and schedules on a real database, with a clock that goes by hand. */
async function start(given: { folder?: string; at?: number; work?: JobHandler } = {}) {
  const { folder, at = START, work = async () => ({}) } = given
  const clock = { now: at }
  const now = () => clock.now
  const { database, jobs, dataDir, close } = await startJobs(work, { now, kinds: KINDS, folder })
  await sql`insert or ignore into cameras (id, device, name, states_json, threshold, debounce, stale_after_ms, created_at)
    values ('pi/door', 'pi', 'door', '[]', 0.8, 3, 60000, 0)`.execute(database.write)
  const said: string[] = []
  const say = (_: unknown, text?: string) => void said.push(String(text))
  const firing = new Firing({ database, kinds: KINDS, jobs, log: { info: say, warn: say } as never, now })
  const schedules = new Schedules({
    database,
    kinds: KINDS,
    requireCamera: () => {},
    now,
    onChanged: () => {},
  })
  const asked = async () => (await jobs.list({ limit: 100 })).filter(({ schedule }) => schedule !== null).reverse()
  /** Lets time go by, looks, and waits until the jobs that were asked for have ended. */
  const pass = async (ms: number, { untilEnded = true } = {}) => {
    clock.now += ms
    await firing.fireDue()
    await until(async () => !untilEnded || (await asked()).every(({ finished_at }) => finished_at !== null))
    return (await asked()).length
  }
  return { database, jobs, dataDir, close, clock, firing, schedules, said, asked, pass }
}

test('each time makes one job, as its owner', async () => {
  const { schedules, asked, pass } = await start()
  const { id } = await schedules.create(HOURLY, 'ada')
  expect(await pass(HOUR - 1)).toBe(0)
  expect(await pass(1)).toBe(1)
  expect(await pass(0)).toBe(1)
  expect(await pass(HOUR)).toBe(2)
  const jobs = await asked()
  for (const job of jobs)
    expect(job).toMatchObject({ kind: 'work', camera: 'pi/door', owner: 'ada', schedule: id, params_json: '{"a":1}' })
  expect(jobs.map(({ once_key }) => once_key)).toEqual([1, 2].map((i) => `schedule:${id}@${START + i * HOUR}`))
  expect(await schedules.get(id)).toMatchObject({ last_job: jobs[1]?.id, next_at: START + 3 * HOUR })
})

test('by itself, when its time comes', async () => {
  const { schedules, firing, asked, clock } = await start({ at: START - 300 })
  firing.start()
  onTestFinished(() => firing.close())
  await schedules.create(HOURLY, 'ada')
  firing.wake()
  const begun = performance.now()
  const goOn = setInterval(() => {
    clock.now = START - 300 + (performance.now() - begun)
  }, 10)
  onTestFinished(() => clearInterval(goOn))
  await until(async () => (await asked()).length === 1)
})

test('what it missed while nobody was there is done once, at the start', async () => {
  const first = await start()
  const { id } = await first.schedules.create(HOURLY, 'ada')
  expect(await first.pass(HOUR)).toBe(1)
  await first.close()
  const { firing, asked, schedules } = await start({ folder: first.dataDir, at: START + 100.5 * HOUR })
  firing.start()
  onTestFinished(() => firing.close())
  await until(async () => (await asked()).length === 2)
  expect((await schedules.get(id)).next_at).toBe(START + 101 * HOUR)
})

test('a job without its next time, or the next time without its job, is never committed', async () => {
  const { database, schedules, asked, pass, said } = await start()
  const { id } = await schedules.create(HOURLY, 'ada')
  for (const [on, what] of [
    ['update on schedules', 'moving'],
    ['insert on jobs', 'adding'],
  ] as const) {
    await sql
      .raw(`create trigger refuse before ${on} begin select raise(abort, '${what}'); end`)
      .execute(database.write)
    await expect(pass(HOUR)).rejects.toThrow(what)
    expect(await asked()).toEqual([])
    expect((await schedules.get(id)).next_at).toBe(START + HOUR)
    await sql`drop trigger refuse`.execute(database.write)
  }
  expect(await pass(0)).toBe(1)
  expect(said).toEqual(['a scheduled work was asked for'])
})

test('a time at which the one before has not ended is left out, which is said', async () => {
  const { schedules, asked, pass, said, jobs } = await start({ work: untilCancelled })
  await schedules.create(HOURLY, 'ada')
  expect(await pass(HOUR, { untilEnded: false })).toBe(1)
  expect(await pass(HOUR, { untilEnded: false })).toBe(1)
  expect(said.at(-1)).toBe('a scheduled work was left out: the one before has not ended')
  const [job] = await asked()
  await until(async () => (await stateOf(jobs, job?.id ?? '')) === 'running')
  await jobs.cancel(job?.id ?? '')
  await until(async () => (await stateOf(jobs, job?.id ?? '')) === 'cancelled')
  expect(await pass(HOUR, { untilEnded: false })).toBe(2)
})

test('where too many jobs wait, or its camera is being renamed, it waits too, and is done once', async () => {
  const { database, schedules, pass, said, jobs } = await start()
  await schedules.create(HOURLY, 'ada')
  const later = START + 300 * DAY
  const waiting = []
  for (let i = 0; i < 100; i++) waiting.push(await jobs.create('light', null, {}, { runAt: later }))
  for (let i = 0; i < 3; i++) expect(await pass(HOUR)).toBe(0)
  expect(said).toEqual(['a scheduled work waits: too many jobs wait already'])
  for (const { id } of waiting) await jobs.cancel(id)
  expect(await pass(60_000)).toBe(1)
  const renaming = { from_camera: 'pi/door', to_camera: 'pi/gate', author: 'me', at: 0 }
  await database.write.insertInto('camera_renames').values(renaming).execute()
  expect(await pass(HOUR)).toBe(1)
  await database.write.deleteFrom('camera_renames').execute()
  expect(await pass(60_000)).toBe(2)
})

test('a pause is not caught up with; a camera that is gone, and a kind of a newer release, make no job', async () => {
  const { database, schedules, pass, said } = await start()
  const { id } = await schedules.create(HOURLY, 'ada')
  await schedules.change(id, { paused: true })
  expect(await pass(5 * HOUR)).toBe(0)
  await schedules.change(id, { paused: false })
  expect(await pass(HOUR - 1)).toBe(0)
  expect(await pass(1)).toBe(1)
  await database.write.deleteFrom('cameras').execute()
  expect(await pass(HOUR)).toBe(1)
  expect(said.at(-1)).toMatch(/its camera is no more$/)
  await database.write.updateTable('schedules').set({ kind: 'dreaming', camera: null }).execute()
  expect(await pass(HOUR)).toBe(1)
  expect(said.at(-1)).toMatch(/this release of ajar does no such jobs$/)
  // One whose timezone nobody knows here any more comes to rest, and can be paused, but not go on.
  await database.write.updateTable('schedules').set({ timezone: 'Mars/Olympus' }).execute()
  await pass(HOUR)
  expect((await schedules.get(id)).next_at).toBeNull()
  expect(await schedules.change(id, { paused: true })).toMatchObject({ paused: 1 })
  await expect(schedules.change(id, { paused: false })).rejects.toMatchObject({ code: 'bad_timezone' })
})

describe('a clock that is set back', () => {
  test('by hours fires nothing again', async () => {
    const { schedules, pass } = await start()
    await schedules.create(HOURLY, 'ada')
    expect(await pass(3 * HOUR)).toBe(1)
    for (let i = 0; i < 2; i++) expect(await pass(-2 * HOUR + i * HOUR)).toBe(1)
    expect(await pass(4 * HOUR)).toBe(2)
  })

  test('by days does not stop schedules until it comes there again, nor fire what was fired', async () => {
    const { schedules, pass, said } = await start()
    const monthly = { ...HOURLY, cron: '0 13 1 * *' }
    const { id } = await schedules.create(monthly, 'ada')
    const hourly = await schedules.create(HOURLY, 'bob')
    expect(await pass(HOUR)).toBe(2)
    // Far ahead by mistake, and right again: both have fired there once.
    expect(await pass(400 * DAY)).toBe(4)
    expect(await pass(-400 * DAY)).toBe(4)
    expect(said.filter((text) => text.includes('set back'))).toHaveLength(2)
    expect((await schedules.get(hourly.id)).next_at).toBe(START + 2 * HOUR)
    expect((await schedules.get(id)).next_at).toBe(Date.UTC(2026, 6, 1, 13))
    // Over a time once more that was fired, then over the one that stood for all that it missed: neither again.
    for (const ms of [-HOUR, HOUR, HOUR]) expect(await pass(ms)).toBe(4)
    expect(said.at(-1)).toMatch(/it was asked for before the clock was set back$/)
    expect(await pass(HOUR)).toBe(5)
  })
})

describe('in Europe/Berlin', () => {
  const runs = (cron: string, from: string, count: number) => {
    const found: string[] = []
    for (let at = Date.parse(from); found.length < count; ) {
      at = nextRun({ cron, timezone: 'Europe/Berlin' }, at) ?? Number.NaN
      found.push(new Date(at).toISOString().slice(5, 16))
    }
    return found
  }

  test('a time of day that the spring leaves out comes right after; in autumn it comes once', () => {
    expect(runs('30 2 * * *', '2026-03-27T12:00:00Z', 3)).toEqual(['03-28T01:30', '03-29T01:00', '03-30T00:30'])
    expect(runs('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual(['10-25T00:30', '10-26T01:30'])
  })

  test('what comes at every hour comes at every hour', () => {
    const spring = ['03-29T00:00', '03-29T01:00', '03-29T02:00', '03-29T03:00']
    expect(runs('0 * * * *', '2026-03-28T23:30:00Z', 4)).toEqual(spring)
    const autumn = ['10-25T00:00', '10-25T01:00', '10-25T02:00', '10-25T03:00']
    expect(runs('0 * * * *', '2026-10-24T23:30:00Z', 4)).toEqual(autumn)
  })

  test('a time of day that is always there stays at its time of day', () => {
    expect(runs('0 9 * * 7', '2026-03-20T12:00:00Z', 2)).toEqual(['03-22T08:00', '03-29T07:00'])
    expect(runs('0 9 * * 7', '2026-10-16T12:00:00Z', 2)).toEqual(['10-18T07:00', '10-25T08:00'])
  })
})
