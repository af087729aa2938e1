import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { EventStream } from './event-stream.ts'
import { CAMERA, door, jobEnded, label, train } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const TABLES = ['frames', 'results', 'transitions', 'labels', 'embeddings', 'models', 'camera_states'] as const

/** How many rows of each table are a camera's. */
async function rowsOf(camera: string): Promise<Record<string, number>> {
  const database = await openStateDatabase(server.dataDir)
  try {
    const counts = TABLES.map(async (table) => {
      const rows = await database.read.selectFrom(table).select('camera').where('camera', '=', camera).execute()
      return [table, rows.length] as const
    })
    return Object.fromEntries(await Promise.all(counts))
  } finally {
    await database.close()
  }
}

/** Whether the bytes stand in any of the frames files or their journals. */
function isOnDisk(bytes: Buffer): boolean {
  const folder = `${server.dataDir}/frames`
  return readdirSync(folder).some((name) => readFileSync(`${folder}/${name}`).includes(bytes))
}

/** A part of a picture that no other has: so much fits on one page of a file. */
const part = (jpeg: Uint8Array) => Buffer.from(jpeg).subarray(0, 400)

test('a deleted camera is gone at once, and then everything it had', { timeout: 120_000 }, async () => {
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=camera' })
  await label(server, 6)
  await train(server)
  const picture = await plainJpeg(99)
  await server.ended(await server.send(CAMERA, picture))
  await server.ended(await server.send('pi/other', await plainJpeg(5)))
  expect(isOnDisk(part(picture))).toBe(true)

  const { status, body: job } = await server.call('DELETE', `/api/cameras/${CAMERA}`)
  expect({ status, kind: job.kind, camera: job.camera }).toEqual({ status: 202, kind: 'deletion', camera: CAMERA })
  expect((await server.call('GET', '/api/cameras')).body.items.map(({ id }: { id: string }) => id)).toEqual([
    'pi/other',
  ])
  expect((await server.call('GET', `/api/cameras/${CAMERA}`)).status).toBe(404)
  expect(await jobEnded(server, job.id)).toMatchObject({ state: 'done', result: { frames: 13 } })
  await until(() => stream.events.some(({ data }) => data.change === 'deleted' && data.camera === CAMERA))

  expect(await rowsOf(CAMERA)).toEqual(Object.fromEntries(TABLES.map((table) => [table, 0])))
  expect(isOnDisk(part(picture))).toBe(false)
  expect(existsSync(`${server.dataDir}/models/${CAMERA}/1`)).toBe(false)
  expect((await server.call('GET', '/api/frames?camera=pi/other')).body.items).toHaveLength(1)

  // The next camera of that name is another one, and so are its models.
  await label(server, 4, 100)
  await until(async () => (await server.call('GET', `/api/frames?camera=${CAMERA}`)).body.items.length === 8)
  expect((await train(server)).result.model).toBe(`${CAMERA}@2`)
})

test('while a camera is being deleted its frames are refused, also after a start; then they make a new one', {
  timeout: 60_000,
}, async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const start = () => RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const first = await start()
  for (let i = 0; i < 3; i++) await first.ended(await first.send('pi/cam', await plainJpeg(i)))
  await first.app.close()
  // As a kill between the first transaction and the job leaves it, with a frame that was not classified yet.
  const database = await openStateDatabase(dataDir)
  await database.write.insertInto('camera_deletions').values({ camera: 'pi/cam', author: 'test', at: 0 }).execute()
  await database.write.deleteFrom('cameras').where('id', '=', 'pi/cam').execute()
  await database.write.deleteFrom('camera_states').where('camera', '=', 'pi/cam').execute()
  await database.close()

  const next = await start()
  const jobs = await until(async () => {
    const { items } = (await next.call('GET', '/api/jobs')).body
    return items.length > 0 && items
  })
  expect(jobs[0]).toMatchObject({ kind: 'deletion', camera: 'pi/cam' })
  expect(await jobEnded(next, jobs[0].id)).toMatchObject({ state: 'done', result: { frames: 3 } })
  await next.send('pi/cam', await plainJpeg(9))
  expect((await next.call('GET', '/api/cameras')).body.items).toHaveLength(1)
})

test('what comes under a name that is being deleted is refused, and the name cannot be set up', {
  timeout: 60_000,
}, async () => {
  const camera = 'pi/busy'
  await server.ended(await server.send(camera, await plainJpeg(1)))
  await label(server, 4, 200)
  // The deletion waits behind the training: its camera borrowed what is learned there.
  const copied = await server.call('POST', `/api/cameras/${camera}/copy`, { from: CAMERA, what: ['states', 'labels'] })
  expect(copied.status).toBe(200)
  const training = (await server.call('POST', '/api/training', { camera: CAMERA })).body
  await until(async () => (await server.call('GET', `/api/jobs/${training.id}`)).body.state === 'running')
  const { body: job } = await server.call('DELETE', `/api/cameras/${camera}`)
  const refused = { status: 409, body: { error: { code: 'being_deleted' } } }
  expect(await server.call('POST', `/api/cameras/${camera}/frames`, await plainJpeg(2))).toMatchObject(refused)
  expect(await server.call('PATCH', `/api/cameras/${camera}`, { debounce: 2 })).toMatchObject(refused)
  // A sensor may have a camera's name: its readings have nothing to do with that.
  expect(await server.call('POST', `/api/sensors/${camera}/readings`, { value: 20.5 })).toMatchObject({ status: 201 })
  expect((await server.call('DELETE', `/api/cameras/${camera}`)).body.id).toBe(job.id)
  // A deletion cannot be called off: asked for again it goes on.
  await server.call('DELETE', `/api/jobs/${job.id}`)
  expect(await server.call('POST', `/api/cameras/${camera}/frames`, await plainJpeg(2))).toMatchObject(refused)
  const again = (await server.call('DELETE', `/api/cameras/${camera}`)).body
  expect(again.id).not.toBe(job.id)
  await server.call('DELETE', `/api/jobs/${training.id}`)
  expect(await jobEnded(server, again.id)).toMatchObject({ state: 'done', result: { frames: 1 } })
  expect((await server.call('POST', `/api/cameras/${camera}/frames`, await plainJpeg(2))).status).toBe(201)
})

test('a purge removes a span for good, labelled or not, and leaves the rest and the state', {
  timeout: 60_000,
}, async () => {
  const camera = 'pi/purged'
  await server.call('PATCH', `/api/cameras/${camera}`, { states: ['on', 'off'] })
  const at = (i: number) => 1_795_000_000_000 + i * 1000
  const pictures = await Promise.all(Array.from({ length: 20 }, (_, i) => plainJpeg(200 + i)))
  for (const [i, picture] of pictures.entries()) await server.ended(await server.send(camera, picture, at(i)))
  await server.call('PUT', `/api/frames/${camera}/${at(6)}/label`, { state: 'on' })
  await server.call('PUT', `/api/frames/${camera}/${at(15)}/label`, { state: 'off' })
  expect(pictures.every((picture) => isOnDisk(part(picture)))).toBe(true)
  const before = (await server.call('GET', `/api/cameras/${camera}/state`)).body

  const path = `/api/cameras/${camera}/frames?from=${at(5)}&to=${at(10)}`
  const { status, body: job } = await server.call('DELETE', path)
  expect({ status, kind: job.kind }).toEqual({ status: 202, kind: 'purge' })
  expect(await jobEnded(server, job.id)).toMatchObject({ state: 'done', result: { frames: 5 } })

  const left = (await server.call('GET', `/api/frames?camera=${camera}&limit=100`)).body.items
  expect(left).toHaveLength(15)
  expect(pictures.map((picture) => isOnDisk(part(picture)))).toEqual(pictures.map((_, i) => i < 5 || i >= 10))
  expect(await rowsOf(camera)).toMatchObject({ frames: 15, results: 15, labels: 1 })
  expect((await server.call('GET', `/api/cameras/${camera}/state`)).body).toEqual(before)
  expect((await server.call('GET', `/api/frames/${camera}/${at(6)}/image`)).status).toBe(404)

  const rest = await server.call('DELETE', `/api/cameras/${camera}/frames?from=0&to=${at(100)}`)
  await jobEnded(server, rest.body.id)
  expect(await rowsOf(camera)).toMatchObject({ frames: 0, results: 0, transitions: 0, labels: 0 })
  expect((await server.call('GET', `/api/cameras/${camera}/state`)).body).toMatchObject({ frame: null })
  expect(pictures.some((picture) => isOnDisk(part(picture)))).toBe(false)
  await server.ended(await server.send(camera, await plainJpeg(1)))
})

test.each([
  ['from=5&to=5', 400, 'empty_span'],
  ['from=5', 400, 'bad_request'],
  ['', 400, 'bad_request'],
])('a purge of "%s" is refused', async (query, status, code) => {
  await server.send('pi/kept', await plainJpeg(1))
  const answer = await server.call('DELETE', `/api/cameras/pi/kept/frames?${query}`)
  expect(answer).toMatchObject({ status, body: { error: { code } } })
})

test('a camera that a job is at stays until then', { timeout: 60_000 }, async () => {
  await label(server, 4, 300)
  await server.send(CAMERA, await door('open', 500))
  const training = (await server.call('POST', '/api/training', { camera: CAMERA })).body
  for (const [method, path, body] of [
    ['DELETE', `/api/cameras/${CAMERA}`, undefined],
    ['POST', `/api/cameras/${CAMERA}/rename`, { to: 'pi/elsewhere' }],
  ] as const)
    expect(await server.call(method, path, body)).toMatchObject({ status: 409, body: { error: { code: 'job_runs' } } })
  await server.call('DELETE', `/api/jobs/${training.id}`)
  await jobEnded(server, training.id)
  expect((await server.call('POST', `/api/cameras/${CAMERA}/rename`, { to: 'pi/elsewhere' })).status).toBe(200)
})
