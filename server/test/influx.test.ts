import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { Influxd } from './influxd.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const CAMERA = 'pi/cam'
const DATABASE = 'ajar doors'

async function startWith(influxd: Influxd, user = ''): Promise<RunningServer> {
  const url = `http://${user}127.0.0.1:${influxd.port}/${encodeURIComponent(DATABASE)}`
  return RunningServer.start(onTestFinished, { AJAR_INFLUX_URL: url })
}

async function send(server: RunningServer, count: number): Promise<string[]> {
  const frames: string[] = []
  for (let i = 0; i < count; i++) frames.push(await server.send(CAMERA, await plainJpeg(i, 16, 16)))
  for (const frame of frames) await server.ended(frame)
  return frames
}

/** Frames that InfluxDB has a result of, by capture time. */
async function timesIn(influxd: Influxd, user = {}): Promise<number[]> {
  const rows = await influxd.client(DATABASE, user).query<{ time: Date }>('select latency_ms from result')
  return rows.map(({ time }) => time.getTime())
}

const timesOf = (frames: string[]) => frames.map((frame) => Number(frame.split('/')[2]))

async function health(server: RunningServer): Promise<{ level: string; text: string }> {
  const { body } = await server.call('GET', '/api/health/ready')
  return body.checks.find(({ name }: { name: string }) => name === 'influx')
}

test('results become points, with what they say as tags and fields', async () => {
  const influxd = await Influxd.start(onTestFinished)
  const server = await startWith(influxd)
  const [frame = ''] = await send(server, 1)
  await until(async () => (await timesIn(influxd).catch(() => [])).length === 1)
  const [point] = await influxd.client(DATABASE).query<Record<string, unknown>>('select * from result')
  expect(point).toMatchObject({
    device: 'pi',
    camera: 'cam',
    state: 'unknown',
    model: 'none',
    reason: 'no_model',
    late: false,
  })
  expect(await timesIn(influxd)).toEqual(timesOf([frame]))
})

test('killed and started again, it has every result exactly once', { timeout: 90_000 }, async () => {
  const influxd = await Influxd.start(onTestFinished)
  const server = await startWith(influxd)
  const frames = await send(server, 60)
  await until(async () => (await timesIn(influxd).catch(() => [])).length > 0)
  const sending = send(server, 100)
  await influxd.kill()
  frames.push(...(await sending))
  await until(async () => (await health(server)).level === 'warn')
  expect((await server.call('GET', '/api/health/ready')).status).toBe(200)
  await influxd.start()
  frames.push(...(await send(server, 20)))
  await until(async () => (await timesIn(influxd)).length >= frames.length)
  expect((await timesIn(influxd)).toSorted((a, b) => a - b)).toEqual(timesOf(frames))
  const { body } = await server.call('GET', `/api/cameras/${CAMERA}/results?limit=1000`)
  expect(body.items).toHaveLength(frames.length)
  await until(async () => (await health(server)).level === 'ok')
})

test('a wrong password is told by health, and the points wait until it is right', { timeout: 60_000 }, async () => {
  const influxd = await Influxd.start(onTestFinished, { authentication: true })
  const admin = { username: 'root', password: 'right' }
  await influxd.client(DATABASE).createUser(admin.username, admin.password, true)
  const server = await startWith(influxd, 'root:wrong@')
  const frames = await send(server, 3)
  const { level, text } = await until(async () => {
    const check = await health(server)
    return check.level !== 'ok' && check
  })
  expect({ level, text }).toEqual({ level: 'warn', text: expect.stringMatching(/401.*authorization failed/) })
  await server.app.close()
  const again = await RunningServer.start(onTestFinished, {
    AJAR_DATA_DIR: server.dataDir,
    AJAR_INFLUX_URL: `http://root:right@127.0.0.1:${influxd.port}/${encodeURIComponent(DATABASE)}`,
  })
  await until(async () => (await timesIn(influxd, admin).catch(() => [])).length === frames.length)
  expect((await health(again)).level).toBe('ok')
})

test('points that it never takes do not hold up the others', { timeout: 60_000 }, async () => {
  const influxd = await Influxd.start(onTestFinished)
  await influxd.client(DATABASE).createDatabase(DATABASE)
  // Another program has written a text where our number belongs.
  await influxd.client(DATABASE).writePoints([{ measurement: 'result', fields: { latency_ms: 'long' } }])
  const server = await startWith(influxd)
  await send(server, 2)
  await until(async () => {
    const { body } = await server.call('GET', '/metrics')
    return /ajar_influx_outbox 0$/m.test(body)
  })
  expect((await health(server)).level).toBe('ok')
  expect(await timesIn(influxd)).toHaveLength(1) // theirs: ours could not be taken
})
