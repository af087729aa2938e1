import { describe, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import type { JobRow } from '../src/database/schema.ts'
import type { InfluxTargetRow } from '../src/database/schema-influx.ts'
import { BackfillJobs } from '../src/record/influx/backfill-jobs.ts'
import { Influxd } from './influxd.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import { SilentInflux } from './silent-influx.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'

async function sendTo(server: RunningServer, count: number): Promise<string[]> {
  const frames: string[] = []
  for (let i = 0; i < count; i++) frames.push(await server.send(CAMERA, await plainJpeg(i, 16, 16)))
  for (const frame of frames) await server.ended(frame)
  return frames
}

const backfills = async (server: RunningServer) =>
  (await server.call('GET', '/api/jobs?kind=influx_backfill')).body.items

async function health(server: RunningServer): Promise<{ level: string; text: string }> {
  const { body } = await server.call('GET', '/api/health/ready')
  return body.checks.find(({ name }: { name: string }) => name === 'influx')
}

test('what was recorded while AJAR_INFLUX_URL was not set is there once it is, each time', {
  timeout: 90_000,
}, async (context) => {
  needsProgram('influxd', 'influxdb', context)
  const influxd = await Influxd.start(onTestFinished)
  const AJAR_DATA_DIR = await temporaryFolder(onTestFinished)
  const AJAR_INFLUX_URL = `http://127.0.0.1:${influxd.port}/ajar`
  const frames: string[] = []
  const record = async (environment: Record<string, string>) => {
    const server = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR, ...environment })
    frames.push(...(await sendTo(server, 3)))
    return server
  }
  const timesIn = async () => (await influxd.query('ajar', 'select latency_ms from result')).map(({ time }) => time)
  const allThere = async (server: RunningServer, jobs: number) => {
    const done = await until(async () => {
      const items = await backfills(server)
      return items.length === jobs && items.every(({ state }: { state: string }) => state === 'done') && items
    })
    await until(async () => (await timesIn()).length >= frames.length)
    expect(await timesIn()).toEqual(frames.map((frame) => Number(frame.split('/')[2])))
    return done[0]
  }
  const first = await record({})
  expect(await health(first)).toEqual({ name: 'influx', level: 'ok', text: 'not used' })
  await first.app.close()

  const second = await record({ AJAR_INFLUX_URL })
  const job = await allThere(second, 1)
  expect(job).toMatchObject({ kind: 'influx_backfill', camera: null, progress: 1 })
  expect(job.result.results).toBeGreaterThanOrEqual(3)
  expect(await health(second)).toEqual({ name: 'influx', level: 'ok', text: 'takes points' })
  await second.app.close()

  // It had everything: nothing is written again.
  const third = await record({ AJAR_INFLUX_URL })
  await allThere(third, 1)
  await third.app.close()

  await (await record({})).app.close()
  const last = await record({ AJAR_INFLUX_URL, AJAR_INFLUX_RETAIN_DAYS: '30' })
  await allThere(last, 2)
  const policies = await until(async () => {
    const rows = await influxd.query('', 'show retention policies on ajar')
    return rows[0]?.duration !== '0s' && rows
  })
  expect(policies[0]).toMatchObject({ name: 'autogen', duration: '720h0m0s' })
})

test('who cancels a backfill is not asked again before the next start', { timeout: 60_000 }, async () => {
  const AJAR_DATA_DIR = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR })
  await sendTo(first, 1)
  await first.app.close()
  let isHeld = true
  // A backfill is under way for as long as its write is not answered.
  const influx = await SilentInflux.start(onTestFinished, ({ body }) =>
    isHeld && body.startsWith('result,') ? null : { status: 204, headers: { 'x-influxdb-version': 'v2.7.1' } },
  )
  const start = () => RunningServer.start(onTestFinished, { AJAR_DATA_DIR, AJAR_INFLUX_URL: influx.url() })
  const second = await start()
  const [job] = await until(async () => {
    const jobs = await backfills(second)
    return jobs[0]?.state === 'running' && influx.writes.some(({ body }) => body.startsWith('result,')) && jobs
  })
  expect((await health(second)).text).toMatch(/^takes points; what was recorded before goes there too, \d+ % is there$/)
  expect((await second.call('DELETE', `/api/jobs/${job.id}`)).status).toBe(200)
  await until(async () => (await backfills(second))[0].state === 'cancelled')
  const asked = influx.asked.length
  isHeld = false
  const [frame = ''] = await sendTo(second, 1)
  await until(() => influx.asked.slice(asked).some(({ body }) => body.includes(String(frame.split('/')[2]))))
  expect(await backfills(second)).toHaveLength(1)
  await second.app.close()
  const third = await start()
  await until(async () => (await backfills(third)).length === 2)
  await until(async () => (await backfills(third))[0].state === 'done')
})

test('InfluxDB at fault, a backfill is put off and made again', { timeout: 60_000 }, async () => {
  const AJAR_DATA_DIR = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR })
  await sendTo(first, 1)
  await first.app.close()
  let isBroken = true
  const influx = await SilentInflux.start(onTestFinished, ({ body }) =>
    isBroken && body.startsWith('result,') ? { status: 500, body: '{"error":"no room"}' } : { status: 204 },
  )
  const second = await RunningServer.start(onTestFinished, {
    AJAR_DATA_DIR,
    AJAR_INFLUX_URL: influx.url('ann:secret-of-ann@'),
  })
  const put = await until(async () => (await backfills(second)).find(({ error }: { error: unknown }) => error !== null))
  expect(put).toMatchObject({
    state: 'queued',
    error: { code: 'influx_unavailable', message: expect.stringContaining('no room') },
  })
  isBroken = false
  await until(async () => (await backfills(second))[0].state === 'done')
  expect(await backfills(second)).toHaveLength(1)
})

test('a backfill of another target has nothing to do', { timeout: 60_000 }, async () => {
  const server = await RunningServer.start(onTestFinished)
  const AJAR_DATA_DIR = server.dataDir
  await server.app.close()
  const held = await SilentInflux.start(onTestFinished, ({ path, body }) =>
    path === '/write' && body ? null : { status: 204 },
  )
  const other = await SilentInflux.start(onTestFinished, () => ({ status: 204 }))
  const before = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR })
  await sendTo(before, 1)
  await before.app.close()
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR, AJAR_INFLUX_URL: held.url() })
  await until(async () => (await backfills(first))[0]?.state === 'running')
  await first.app.close()
  const second = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR, AJAR_INFLUX_URL: other.url() })
  await until(async () => (await backfills(second)).some(({ state }: { state: string }) => state === 'done'))
  const failed = (await backfills(second)).find(({ state }: { state: string }) => state === 'failed')
  expect(failed?.error).toMatchObject({ code: 'other_target', message: expect.stringContaining(other.target) })
})

describe('one is asked for', () => {
  const target = 'host:8086/ajar'
  const HOUR = 3_600_000

  function keeper(missing: boolean, newest?: object, wellSince = 0) {
    const created: object[] = []
    const job = newest && {
      params_json: JSON.stringify({ target, gaps: 1 }),
      created_at: 0,
      finished_at: HOUR,
      ...newest,
    }
    const clock = { now: 2 * HOUR }
    const jobs = new BackfillJobs({
      target,
      targets: { row: async () => ({ missing_from: missing ? 0 : null, gaps: 1 }) as InfluxTargetRow },
      newest: async () => job as JobRow | undefined,
      create: async (params) => created.push(params),
      wellSince: () => wellSince,
      now: () => clock.now,
    })
    return { jobs, created, clock }
  }

  test.each([
    ['nobody was', undefined, 1],
    ['one waits', { state: 'queued' }, 0],
    ['one runs', { state: 'running' }, 0],
    ['one is done, and something went missing since', { state: 'done' }, 1],
    ['one was cancelled before this start', { state: 'cancelled' }, 1],
    ['one was cancelled since', { state: 'cancelled', finished_at: 3 * HOUR }, 0],
    [
      'one was cancelled since, and more went missing',
      { state: 'cancelled', finished_at: 3 * HOUR, params_json: JSON.stringify({ target, gaps: 0 }) },
      1,
    ],
    ['one failed long ago', { state: 'failed' }, 1],
    ['one failed just now', { state: 'failed', finished_at: 2 * HOUR }, 0],
  ])('where something is missing and %s', async (_, newest, count) => {
    const { jobs, created } = keeper(true, newest)
    expect(await jobs.run()).toBe(false)
    expect(created).toEqual(Array(count).fill({ target, gaps: 1 }))
    const whole = keeper(false, newest)
    await whole.jobs.run()
    expect(whole.created).toEqual([])
  })

  test('at once where InfluxDB was in trouble since one failed, and is well again', async () => {
    const { jobs, created } = keeper(true, { state: 'failed', finished_at: 2 * HOUR }, 2 * HOUR + 1)
    await jobs.run()
    expect(created).toHaveLength(1)
  })
})
