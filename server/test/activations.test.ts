import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { EventStream } from './event-stream.ts'
import { CAMERA, door, label, train } from './lesson.ts'
import { ADMIN_TOKEN, type Answer, RunningServer, until } from './running-server.ts'

const model = (version: number) => `${CAMERA}@${version}`
let server: RunningServer
let database: StateDatabase
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  database = await openStateDatabase(server.dataDir)
  afterFile(() => database.close())
  await label(server, 4)
  for (let version = 1; version <= 3; version++) await train(server, { force: true })
}, 120_000)

const activate = (id: string, body?: object) => server.call('POST', `/api/models/${id}/activate`, body)
const rollback = (camera = CAMERA) => server.call('POST', `/api/cameras/${camera}/rollback`)
const active = async () => (await server.call('GET', `/api/cameras/${CAMERA}`)).body.model
const activations = async (query = '') => (await server.call('GET', `/api/cameras/${CAMERA}/activations${query}`)).body
const refusal = ({ status, body }: Answer) => `${status} ${body.error.code}`
/** The model that the next frame is classified by. */
const asked = async () => (await server.ended(await server.send(CAMERA, await door('open', 1)))).result.model
const changeDetails = async (id: string, change: object) => {
  const row = await database.read.selectFrom('models').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const details_json = JSON.stringify({ ...JSON.parse(row.details_json ?? '{}'), ...change })
  await database.write.updateTable('models').set({ details_json }).where('id', '=', id).execute()
}

test('every model says where it comes from', async () => {
  const { body } = await server.call('GET', `/api/models?camera=${CAMERA}`)
  expect(body.items.map((one: Answer['body']) => [one.id, one.active, one.origin, one.parent])).toEqual([
    [model(3), true, 'trained', model(2)],
    [model(2), false, 'trained', model(1)],
    [model(1), false, 'trained', null],
  ])
  expect(body.items[0]).toMatchObject({
    camera: CAMERA,
    version: 3,
    seed: 1,
    states: ['open', 'closed'],
    labels: { frames: 8, perState: { open: 4, closed: 4 }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    region: null,
    original: null,
    verdict: expect.any(String),
    job: expect.any(String),
  })
})

test('going back twice is two models back, and going on is said by whom', async () => {
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=camera' })
  expect((await rollback()).body).toMatchObject({ id: model(2), active: true })
  expect(await asked()).toBe(model(2))
  expect((await rollback()).body.id).toBe(model(1))
  expect(refusal(await rollback())).toBe('409 no_earlier_model')
  expect(await active()).toBe(model(1))
  expect((await activate(model(3), { force: true })).body).toMatchObject({ id: model(3), active: true })
  expect(await asked()).toBe(model(3))
  expect((await rollback()).body.id).toBe(model(1))
  expect((await activate(model(2), {})).status).toBe(200)

  const { items, next } = await activations()
  expect(next).toBe(null)
  expect(items.map((one: Answer['body']) => [one.previous, one.model, one.reason])).toEqual([
    [model(1), model(2), 'activated'],
    [model(3), model(1), 'rolled_back'],
    [model(1), model(3), 'activated'],
    [model(2), model(1), 'rolled_back'],
    [model(3), model(2), 'rolled_back'],
    [model(2), model(3), 'trained'],
    [model(1), model(2), 'trained'],
    [null, model(1), 'trained'],
  ])
  expect(items[0]).toMatchObject({ author: expect.any(String), at: expect.stringMatching(/Z$/) })
  const first = await activations('?limit=5')
  const second = await activations(`?limit=5&cursor=${first.next}`)
  expect([...first.items, ...second.items]).toEqual(items)
  expect(second.next).toBe(null)
  await until(() => stream.events.length >= 5)
  expect(stream.events.map(({ data }) => data)).toEqual(Array(5).fill({ camera: CAMERA, change: 'changed' }))
})

test('the active model is activated again without a word', async () => {
  const before = (await activations()).items.length
  expect((await activate(await active())).status).toBe(200)
  expect((await activations()).items).toHaveLength(before)
})

test('a model that came out worse than the active one is activated only by force', async () => {
  await activate(model(2), { force: true })
  const gate = { frames: 8, candidate: 0.5, active: 1, lost: 4, gained: 0, relabelled: 0, worse: true, since: null }
  await changeDetails(model(3), { gate: { ...gate, reason: 'it got 50 % right and the active model 100 %' } })
  const refused = await activate(model(3))
  expect(refusal(refused)).toBe('409 worse_than_active')
  expect(refused.body.error.message).toMatch(/pi\/door@3 is worse than pi\/door@2: .*50 %/)
  expect(await active()).toBe(model(2))
  expect((await activate(model(3), { force: true })).body.active).toBe(true)
  expect((await activations()).items[0]).toMatchObject({ model: model(3), reason: 'forced' })
  // Compared with a model that is not active any more, nothing is known.
  await activate(model(1), { force: true })
  expect((await activate(model(3))).status).toBe(200)
  await changeDetails(model(3), { gate: null })
})

test('what cannot be activated is refused, and the active model stays', async () => {
  const before = await active()
  expect(refusal(await activate('pi/door@99'))).toBe('404 not_found')
  expect(refusal(await activate(model(1), { now: true }))).toBe('400 bad_request')
  expect(refusal(await rollback('pi/nobody'))).toBe('404 not_found')
  await server.call('PATCH', '/api/cameras/pi/fresh', { states: ['on', 'off'] })
  expect(refusal(await rollback('pi/fresh'))).toBe('409 no_earlier_model')
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['open', 'closed', 'ajar'] })
  const other = await activate(model(1), { force: true })
  expect(refusal(other)).toBe('409 other_states')
  expect(other.body.error.message).toContain('does not know ajar')
  expect(refusal(await rollback())).toBe('409 no_earlier_model')
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['closed', 'open'] }) // the order says nothing
  expect(await active()).toBe(before)
})

test('a model whose files are damaged is not activated, is passed over, and ends its frames where it is active', {
  timeout: 60_000,
}, async () => {
  const fileOf = (version: number, name: string) => join(server.dataDir, 'models', CAMERA, String(version), name)
  for (const version of [1, 2, 3]) await activate(model(version), { force: true })
  await writeFile(fileOf(2, 'weights.bin'), 'nonsense')
  const refused = await activate(model(2), { force: true })
  expect(refusal(refused)).toBe('409 model_damaged')
  expect(refused.body.error.message).toMatch(/weights\.bin does not have the sha256/)
  expect((await rollback()).body.id).toBe(model(1))

  const { body: camera } = await server.call('GET', `/api/cameras/${CAMERA}`)
  expect(camera.model).toBe(model(1))
  await activate(model(3), { force: true })
  // A thread that knows the model goes on with it, so it is one that no thread has loaded.
  const { result } = await train(server, { force: true })
  const damaged = Number(result.model.split('@')[1])
  await rm(fileOf(damaged, 'novelty.bin'))
  const { outcome, result: said } = await server.ended(await server.send(CAMERA, await door('open', 2)))
  expect({ outcome, ...said }).toMatchObject({
    outcome: 'classified',
    state: 'unknown',
    reason: 'no_model',
    model: null,
  })
  const health = async () =>
    (await server.call('GET', '/api/health/ready')).body.checks.filter(({ name }: { name: string }) => name === 'model')
  expect(await health()).toEqual([
    {
      name: 'model',
      level: 'warn',
      text: expect.stringMatching(/novelty\.bin is missing.*pi\/door\/rollback, or train/),
    },
  ])
  expect(refusal(await server.call('POST', `/api/cameras/${CAMERA}/classify`, await door('open', 2)))).toBe(
    '409 model_damaged',
  )
  expect((await rollback()).body.id).toBe(model(3))
  expect(await health()).toEqual([])
  expect(await asked()).toBe(model(3))
})

test('models of an older release are shown as well as they can be', async () => {
  const nothing = { details_json: null, origin: null, job: null, parent: null }
  await database.write
    .updateTable('models')
    .set(nothing)
    .where('id', 'in', [model(1), model(2)])
    .execute()
  const first = (await server.call('GET', `/api/models/${model(1)}`)).body
  expect(first).toMatchObject({ origin: 'trained', seed: 1, states: ['open', 'closed'], labels: { frames: 8 } })
  expect(first).toMatchObject({ gate: null, job: null, parent: null, original: null })
  const second = (await server.call('GET', `/api/models/${model(2)}`)).body
  expect(second).toMatchObject({ seed: null, labels: null, verdict: expect.stringContaining('cannot be read') })
})

test('a renamed camera keeps its models, their ids, and the way back', { timeout: 60_000 }, async () => {
  const before = await active()
  const { status } = await server.call('POST', `/api/cameras/${CAMERA}/rename`, { to: 'pi/gate' })
  expect(status).toBe(200)
  const { body } = await server.call('POST', '/api/cameras/pi/gate/rollback')
  expect(body).toMatchObject({ id: expect.stringContaining(`${CAMERA}@`), camera: 'pi/gate', active: true })
  expect(body.id).not.toBe(before)
  expect((await activate(before, { force: true })).body).toMatchObject({ id: before, camera: 'pi/gate', active: true })
})
