import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { jobEnded } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer
let database: StateDatabase
beforeAll(async () => {
  // Port 9 (discard) answers nobody here: points wait.
  server = await RunningServer.start(afterFile, { AJAR_INFLUX_URL: 'http://127.0.0.1:9/ajar' })
  database = await openStateDatabase(server.dataDir)
  afterFile(() => database.close())
})

const at = (i: number) => 1_795_000_000_000 + i * 1000

/** All that names a frame or shows something of it. */
type Traces = (string | Buffer)[]

/** A camera with ten classified frames, each of which has an embedding. @returns what of each is in state.db */
async function filled(camera: string, first = 0): Promise<Traces[]> {
  const traces: Traces[] = []
  for (let i = first; i < first + 10; i++) {
    await server.ended(await server.send(camera, await plainJpeg(i), at(i)))
    const features = randomBytes(20_000) // several pages of the file
    await database.write
      .insertInto('embeddings')
      .values({ camera, captured_at: at(i), recipe: 'r', brightness: 0, features })
      .execute()
    const parts = [0, 10_000, 19_900].map((from) => features.subarray(from, from + 100))
    traces.push([`"frame":"${camera}/${at(i)}"`, `"timestamp":${at(i)}`, ...parts])
  }
  expect(traces.flat().every(isInState)).toBe(true)
  return traces
}

/** Whether the bytes stand in state.db or its journals. */
function isInState(bytes: string | Buffer): boolean {
  const files = readdirSync(server.dataDir).filter((name) => name.startsWith('state.db'))
  return files.some((name) => readFileSync(`${server.dataDir}/${name}`).includes(bytes))
}

test('a purge leaves no byte of the span in state.db, no event and no point; the rest stays', async () => {
  const camera = 'pi/purged'
  const traces = await filled(camera)
  const confirmed = { camera, at: at(1), from_state: 'on', to_state: 'off', frame_at: at(6) }
  await database.write
    .insertInto('transitions')
    .values({ ...confirmed, reason: null, confidence: null, model: null })
    .execute()
  // Events were told under the name that the camera had.
  await server.call('POST', `/api/cameras/${camera}/rename`, { to: 'pi/now' })
  const { body: job } = await server.call('DELETE', `/api/cameras/pi/now/frames?from=${at(5) - 1}&to=${at(20)}`)
  expect(await jobEnded(server, job.id)).toMatchObject({ state: 'done', result: { frames: 5 } })
  expect(traces.map((one) => one.map(isInState))).toEqual(traces.map((_, i) => Array(5).fill(i < 5)))
  const transition = await database.read.selectFrom('transitions').select('frame_at').where('at', '=', at(1)).execute()
  expect(transition).toEqual([{ frame_at: null }])
})

test('after a purge the last frame is the newest that is left, and older frames are late as before', async () => {
  const lastFrame = async () => (await server.call('GET', '/api/cameras/pi/last')).body.lastFrame
  for (let i = 0; i < 3; i++) await server.ended(await server.send('pi/last', await plainJpeg(i), at(i)))
  expect(await lastFrame()).toBe(`pi/last/${at(2)}`)
  const purge = async (from: number, to: number) => {
    const { body: job } = await server.call('DELETE', `/api/cameras/pi/last/frames?from=${from}&to=${to}`)
    await jobEnded(server, job.id)
  }
  await purge(at(2), at(3))
  expect(await lastFrame()).toBe(`pi/last/${at(1)}`)
  const late = await server.ended(await server.send('pi/last', await plainJpeg(9), at(2) - 1))
  expect(late.result).toMatchObject({ late: true })
  await purge(0, at(3))
  expect(await lastFrame()).toBeNull()
})

test('a deletion leaves no byte in state.db, and begins however many jobs wait', { timeout: 60_000 }, async () => {
  const camera = 'pi/deleted'
  const traces = await filled(camera, 100)
  const waiting = {
    kind: 'nothing',
    camera: null,
    state: 'queued',
    phase: null,
    progress: 0,
    params_json: '{}',
  } as const
  const times = { result_json: null, error_json: null, created_at: 1, started_at: null, finished_at: null, starts: 0 }
  await database.write
    .insertInto('jobs')
    .values(Array.from({ length: 100 }, (_, i) => ({ id: `job-${i}`, ...waiting, ...times })))
    .execute()
  const { status, body: job } = await server.call('DELETE', `/api/cameras/${camera}`)
  expect(status).toBe(202)
  expect(await jobEnded(server, job.id)).toMatchObject({ state: 'done', result: { frames: 10 } })
  expect(traces.flat().filter(isInState)).toEqual([])
  expect((await server.call('POST', `/api/cameras/${camera}/frames`, await plainJpeg(1))).status).toBe(201)
})

test('a purge takes the alerts of its span that have ended, and what was told of them', async () => {
  const rule = {
    ...({ rule: 'abcdefghij', name: 'open', kind: 'state', severity: 'info', text: 'it is open' } as const),
  }
  const course = { unseen_ms: 0, unseen_since: null, clear_since: null, acknowledged_at: null, acknowledged_by: null }
  const alert = (subject: string, i: number) => ({
    ...({ ...rule, ...course, subject, state: 'resolved', was: 'it was open', value_json: '"open"' } as const),
    ...{ since: at(i), looked_at: at(i), fired_at: at(i), resolved_at: at(i + 1) },
  })
  await server.call('PATCH', '/api/cameras/pi/alarmed', {})
  const alerts = [alert('pi/alarmed', 6), alert('pi/alarmed', 6.25), alert('pi/other', 7)]
  await database.write.insertInto('alerts').values(alerts).execute()
  const told = alerts.map(({ subject, since }) => JSON.stringify({ subject, since: new Date(since).toISOString() }))
  await database.write
    .insertInto('events')
    .values(told.map((data_json) => ({ at: 1, kind: 'alert', data_json })))
    .execute()
  const { body: job } = await server.call('DELETE', `/api/cameras/pi/alarmed/frames?from=${at(6) + 1}&to=${at(20)}`)
  await jobEnded(server, job.id)
  const left = await database.read
    .selectFrom('alerts')
    .select(['subject', 'since'])
    .where('rule', '=', rule.rule)
    .execute()
  expect(left).toEqual([alerts[0], alerts[2]].map((one) => ({ subject: one?.subject, since: one?.since })))
  expect(told.map(isInState)).toEqual([true, false, true])
})

test('a job and its camera cannot come apart: where the deletion is not committed there is no job', async () => {
  await server.ended(await server.send('pi/stays', await plainJpeg(1)))
  await database.write.schema.dropTable('camera_deletions').execute()
  expect((await server.call('DELETE', '/api/cameras/pi/stays')).status).toBe(500)
  expect((await server.call('GET', '/api/cameras/pi/stays')).status).toBe(200)
  const jobs = await database.read.selectFrom('jobs').select('id').where('camera', '=', 'pi/stays').execute()
  expect(jobs).toEqual([])
})
