import { sql } from 'kysely'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { CAMERA, jobEnded, label } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let server: RunningServer
let database: StateDatabase
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  database = await openStateDatabase(server.dataDir)
  afterFile(() => database.close())
  await label(server, 4)
})

const rename = (from: string, to: string) => server.call('POST', `/api/cameras/${from}/rename`, { to })
const copy = (to: string, from: string, ...what: string[]) =>
  server.call('POST', `/api/cameras/${to}/copy`, { from, what })
const health = async (of = server) =>
  (await of.call('GET', '/api/health/ready')).body.checks.find(({ name }: { name: string }) => name === 'renaming')
const addModel = (camera: string) =>
  database.write
    .insertInto('models')
    .values({
      ...{ id: `${camera}@1`, camera, version: 1, backbone: 'b', engine: 'e', created_at: 0, evaluation_json: 'null' },
    })
    .execute()

test('a camera that was only set up makes way with all it had, whatever the other one brings', async () => {
  for (const id of ['pi/worked', 'pi/only-set-up']) {
    await server.call('PATCH', `/api/cameras/${id}`, {})
    await copy(id, CAMERA, 'states', 'labels')
  }
  await database.write.insertInto('camera_states').values(stateOf('pi/only-set-up')).execute()
  await database.write.insertInto('embeddings').values(embeddingOf('pi/only-set-up')).execute()
  await addModel('pi/worked')
  const frame = await server.send('pi/worked', await plainJpeg(1))
  await server.ended(frame)
  await server.call('PATCH', '/api/cameras/pi/worked', { threshold: 0.7 })
  expect(await rename('pi/worked', 'pi/only-set-up')).toMatchObject({
    status: 200,
    body: {
      ...{ id: 'pi/only-set-up', threshold: 0.7, aliases: ['pi/worked'] },
      borrowed: [{ camera: CAMERA, labels: 8 }],
      lastFrame: frame.replace('worked', 'only-set-up'),
    },
  })
  const rows = await database.read.selectFrom('embeddings').select('recipe').where('recipe', '=', 'old').execute()
  expect(rows).toEqual([])
})

test('a camera with a model does not make way, also where its frames were purged', async () => {
  await server.ended(await server.send('pi/purged', await plainJpeg(2)))
  await addModel('pi/purged')
  const { body: job } = await server.call('DELETE', '/api/cameras/pi/purged/frames?from=0&to=8640000000000000')
  await jobEnded(server, job.id)
  await server.ended(await server.send('pi/other', await plainJpeg(3)))
  expect(await rename('pi/other', 'pi/purged')).toMatchObject({
    status: 409,
    body: { error: { code: 'camera_exists' } },
  })
  expect((await server.call('GET', '/api/cameras/pi/other')).status).toBe(200)
})

test('neither name may be part of a job, nor a source of a training', { timeout: 60_000 }, async () => {
  const sibling = 'pi/sibling'
  await server.call('PATCH', `/api/cameras/${sibling}`, {})
  await copy(sibling, CAMERA, 'states', 'labels')
  await server.call('PATCH', '/api/cameras/pi/target', {})
  await copy('pi/target', CAMERA, 'states', 'labels')
  await server.ended(await server.send('pi/mover', await plainJpeg(4)))
  const training = (await server.call('POST', '/api/training', { camera: sibling })).body
  await until(async () => (await server.call('GET', `/api/jobs/${training.id}`)).body.state === 'running')
  // Waits behind it: both cameras learn of the same one.
  const purge = (await server.call('DELETE', '/api/cameras/pi/target/frames?from=0&to=1')).body
  const refused = { status: 409, body: { error: { code: 'job_runs' } } }
  expect(await rename('pi/mover', 'pi/target')).toMatchObject(refused)
  expect(await rename(CAMERA, 'pi/moved')).toMatchObject(refused)
  await server.call('DELETE', `/api/jobs/${training.id}`)
  await jobEnded(server, purge.id)
  expect((await rename('pi/mover', 'pi/target')).status).toBe(200)
})

test('a renaming that cannot be written says so, keeps nothing waiting, and ends when it is asked for again', async () => {
  await server.ended(await server.send('pi/stuck', await plainJpeg(5)))
  await sql`create trigger refuse before update of id on cameras begin select raise(abort, 'no'); end`.execute(
    database.write,
  )
  expect((await rename('pi/stuck', 'pi/free')).status).toBe(500)
  expect(await health()).toMatchObject({ level: 'error', text: expect.stringContaining('pi/stuck') })
  const renamed = { status: 409, body: { error: { code: 'being_renamed' } } }
  expect(await rename('pi/stuck', 'pi/else')).toMatchObject(renamed)
  expect(await server.call('DELETE', '/api/cameras/pi/stuck/frames?from=0&to=1')).toMatchObject(renamed)
  expect(await server.call('DELETE', '/api/cameras/pi/stuck')).toMatchObject(renamed)
  await server.send('pi/elsewhere', await plainJpeg(6))
  await sql`drop trigger refuse`.execute(database.write)
  expect((await rename('pi/stuck', 'pi/free')).body).toMatchObject({ id: 'pi/free', aliases: ['pi/stuck'] })
  expect((await server.call('GET', '/api/frames?camera=pi/free')).body.items).toHaveLength(1)
  expect(await health()).toBeUndefined()
})

test('the server starts also where a renaming cannot end, and says so until it has', { timeout: 60_000 }, async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const start = () => RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const first = await start()
  for (const id of ['pi/cam', 'pi/other']) await first.ended(await first.send(id, await plainJpeg(1)))
  await first.app.close()
  const change = async (work: (rows: StateDatabase) => Promise<unknown>) => {
    const rows = await openStateDatabase(dataDir)
    await work(rows)
    await rows.close()
  }
  await change(async ({ write }) => {
    const intent = { from_camera: 'pi/cam', to_camera: 'pi/door', author: 'test', at: 0 }
    await write.insertInto('camera_renames').values(intent).execute()
    await sql`create trigger refuse before update of id on cameras begin select raise(abort, 'no'); end`.execute(write)
  })
  const second = await start()
  expect(await health(second)).toMatchObject({ level: 'error', text: expect.stringContaining('pi/door') })
  expect((await second.call('GET', '/api/frames?camera=pi/other')).body.items).toHaveLength(1)
  await second.app.close()
  await change(({ write }) => sql`drop trigger refuse`.execute(write))
  const third = await start()
  expect(await health(third)).toBeUndefined()
  expect((await third.call('GET', '/api/frames?camera=pi/door')).body.items).toHaveLength(1)
})

test.each(['token', 'ticket'])('%s is no device of a camera', async (device) => {
  await server.ended(await server.send('pi/plain', await plainJpeg(7)))
  const refused = { status: 400, body: { error: { code: 'reserved' } } }
  expect(await rename('pi/plain', `${device}/cam`)).toMatchObject(refused)
  expect(await server.call('PATCH', `/api/cameras/${device}/cam`, {})).toMatchObject(refused)
  expect(await server.call('POST', '/api/devices', { name: device })).toMatchObject(refused)
  const frame = await server.call('POST', `/api/cameras/${device}/cam/frames`, await plainJpeg(8))
  expect(frame).toMatchObject(refused)
  expect((await server.call('GET', `/api/cameras/${device}/cam`)).status).toBe(404)
})

function embeddingOf(camera: string) {
  return { camera, captured_at: 1, recipe: 'old', brightness: 0, features: new Uint8Array(4) }
}

function stateOf(camera: string) {
  return {
    ...{ camera, state: 'on', reason: null, confidence: 1, since: 1, frame_at: 1, model: null },
    ...{ run_state: null, run_length: 0, run_since: null, unlike_length: 0, newest_at: 1, received_at: 1 },
    late_from: null,
  }
}
