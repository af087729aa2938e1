import { readdirSync } from 'node:fs'
import { loadModel } from '@ajar/models'
import { sql } from 'kysely'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { EventStream } from './event-stream.ts'
import { CAMERA, door, jobEnded, label, train } from './lesson.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let dataDir: string
let server: RunningServer
const start = () => RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir })
beforeAll(async () => {
  dataDir = await temporaryFolder(afterFile)
  server = await start()
  await label(server, 6)
})

const models = async () => (await server.call('GET', `/api/models?camera=${CAMERA}`)).body.items
const classify = async (jpeg: Uint8Array) => (await server.call('POST', `/api/cameras/${CAMERA}/classify`, jpeg)).body

test('from labels to an active model, with progress on the way', { timeout: 120_000 }, async () => {
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=job,camera' })
  const job = await train(server)
  expect(job).toMatchObject({ state: 'done', progress: 1, error: null, camera: CAMERA })
  expect(job.result).toMatchObject({ model: `${CAMERA}@1`, backbone: expect.any(String), seconds: expect.any(Number) })
  await until(() => stream.events.at(-1)?.data.state === 'done')
  const about = (kind: string) => stream.events.filter(({ event }) => event === kind).map(({ data }) => data)
  expect(about('camera')).toEqual([{ camera: CAMERA, change: 'changed' }])
  const told = about('job')
  expect(told[0]).toMatchObject({ state: 'running', progress: 0 })
  expect(new Set(told.map(({ phase }) => phase))).toContain('embed')
  expect(job.result).toMatchObject({
    gate: null,
    evaluation: { frames: 12, apartMs: 600_000 },
    verdict: /^needs about/,
  })
  const progress = told.map((one) => one.progress)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))

  expect(await models()).toEqual([expect.objectContaining({ id: `${CAMERA}@1`, version: 1, active: true })])
  expect((await server.call('GET', `/api/models/${CAMERA}@1`)).body.evaluation).toMatchObject(job.result.evaluation)
  expect((await server.call('GET', `/api/cameras/${CAMERA}`)).body.model).toBe(`${CAMERA}@1`)
  const model = await loadModel(`${dataDir}/models/${CAMERA}/1`)
  expect(model).toMatchObject({ id: `${CAMERA}@1`, head: { states: ['open', 'closed'] } })
})

test('a picture is classified without being kept', async () => {
  const before = (await server.call('GET', `/api/frames?camera=${CAMERA}`)).body.items.length
  for (const state of ['open', 'closed'] as const) {
    const answer = await classify(await door(state, 3))
    expect(answer).toMatchObject({ model: `${CAMERA}@1`, reason: null, state })
    expect(Object.keys(answer.probabilities).sort()).toEqual(['closed', 'open'])
  }
  const refused = await server.call('POST', `/api/cameras/${CAMERA}/classify`, new TextEncoder().encode('no picture'))
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'not_jpeg' } } })
  expect((await server.call('GET', `/api/frames?camera=${CAMERA}`)).body.items).toHaveLength(before)
})

test('a second training takes over without a restart and without a failed frame', { timeout: 120_000 }, async () => {
  const { id } = (await server.call('POST', '/api/training', { camera: CAMERA, seed: 2 })).body
  const frames: string[] = []
  let ended = false
  const training = jobEnded(server, id).then((job) => {
    ended = true
    return job
  })
  for (let i = 0; !ended || i % 4 !== 0; i++) frames.push(await server.send(CAMERA, await door('open', i)))
  for (let i = 0; i < 4; i++) frames.push(await server.send(CAMERA, await door('open', i)))
  expect((await training).state).toBe('done')
  const results = []
  for (const frame of frames) results.push(await server.ended(frame))
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['classified']))
  const used = results.map(({ result }) => result.model)
  expect([used[0], used.at(-1)]).toEqual([`${CAMERA}@1`, `${CAMERA}@2`])
  expect(used).toEqual(used.toSorted())
  expect((await models()).map(({ id, active }: Record<string, unknown>) => [id, active])).toEqual([
    [`${CAMERA}@2`, true],
    [`${CAMERA}@1`, false],
  ])
})

test('a training is cancelled, running or waiting', { timeout: 60_000 }, async () => {
  const [running, waiting] = [
    (await server.call('POST', '/api/training', { camera: CAMERA })).body,
    (await server.call('POST', '/api/training', { camera: CAMERA })).body,
  ]
  await until(async () => (await server.call('GET', `/api/jobs/${running.id}`)).body.state === 'running')
  expect((await server.call('DELETE', `/api/jobs/${waiting.id}`)).body.state).toBe('cancelled')
  await server.call('DELETE', `/api/jobs/${running.id}`)
  expect(await jobEnded(server, running.id)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
  expect((await server.call('DELETE', `/api/jobs/${running.id}`)).body.error.code).toBe('job_ended')
  expect(await models()).toHaveLength(2)
})

test('a training that a stop interrupts runs again, and the model answers after the start', {
  timeout: 120_000,
}, async () => {
  const picture = await door('open', 5)
  const before = await classify(picture)
  const { id } = (await server.call('POST', '/api/training', { camera: CAMERA })).body
  await until(async () => (await server.call('GET', `/api/jobs/${id}`)).body.state === 'running')
  await server.app.close()
  server = await start()
  expect((await classify(picture)).probabilities).toEqual(before.probabilities)
  expect(await jobEnded(server, id)).toMatchObject({ state: 'done', result: { model: `${CAMERA}@3` } })
  expect(readdirSync(`${dataDir}/models/${CAMERA}`).sort()).toEqual(['1', '2', '3'])
})

test('a server that is killed between the model and the end of its job makes no second model', {
  timeout: 120_000,
}, async () => {
  const done = await train(server)
  const before = await models()
  await server.app.close()
  const database = await openStateDatabase(dataDir)
  await sql`update jobs set state = 'running', result_json = null, finished_at = null where id = ${done.id}`.execute(
    database.write,
  )
  await database.close()
  server = await start()
  const again = await jobEnded(server, done.id)
  const { seconds: _, ...result } = done.result
  expect(again).toMatchObject({ state: 'done', result })
  expect(await models()).toEqual(before)
})

test('a frame that does not decode and a cache that cannot be written do not end a training', {
  timeout: 120_000,
}, async () => {
  const broken = Buffer.from(await door('open', 7))
  const huffmanTable = broken.indexOf('ffc4', 'hex')
  broken.fill(0xff, huffmanTable + 4, huffmanTable + 30) // still begins, goes on and ends as a JPEG does
  const frame = await server.send(CAMERA, broken)
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'open' })
  const database = await openStateDatabase(dataDir)
  onTestFinished(() => database.close())
  await sql`create trigger refuse before insert on embeddings begin select raise(abort, 'no room'); end`.execute(
    database.write,
  )
  await label(server, 1, 100)
  const { state, result } = await train(server)
  expect({ state, result }).toMatchObject({ state: 'done', result: { activated: true, skipped: [{ frame }] } })
  expect(result.skipped[0].reason).toMatch(/cannot be decoded/)
  await sql`drop trigger refuse`.execute(database.write)

  // Where too few are left it is named.
  await sql`create table kept as select * from labels`.execute(database.write)
  await sql`delete from labels`.execute(database.write)
  const [one = ''] = await label(server, 1, 200)
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'open' })
  await label(server, 1, 300)
  await server.call('DELETE', `/api/frames/${one}/label`)
  const failed = await train(server)
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'too_few_frames' } })
  expect(failed.error.message).toContain(frame)
  await sql`delete from labels`.execute(database.write)
  await sql`insert into labels select * from kept`.execute(database.write)
  await sql`drop table kept`.execute(database.write)
  await server.call('DELETE', `/api/frames/${frame}/label`)
})

test('what was learned already is not learned again where that is asked for', { timeout: 60_000 }, async () => {
  const database = await openStateDatabase(dataDir)
  onTestFinished(() => database.close())
  const trainUnlessUnchanged = async (params: object) => {
    const { body } = await server.call('POST', '/api/training', { camera: CAMERA, unlessUnchanged: true, ...params })
    return (await jobEnded(server, body.id)).result
  }
  expect((await trainUnlessUnchanged({ seed: 1 })).model).not.toBeNull() // a label was taken back meanwhile
  const before = await models()
  expect(await trainUnlessUnchanged({ seed: 1 })).toMatchObject({
    ...{ model: null, activated: false, reason: expect.stringContaining(before[0].id) },
    ...{ evaluation: before[0].evaluation, skipped: [] },
  })
  expect(await models()).toEqual(before)
  expect((await trainUnlessUnchanged({ seed: 9 })).model).not.toBeNull()
  await label(server, 1, 350)
  expect((await trainUnlessUnchanged({ seed: 9 })).model).not.toBeNull()
  expect(await models()).toHaveLength(before.length + 2)
})

test('labels turned around: the model that comes of them is refused and told by how much, unless forced', {
  timeout: 120_000,
}, async () => {
  const active = async () => (await server.call('GET', `/api/cameras/${CAMERA}`)).body.model
  const before = await active()
  const labels: { id: string; label: string }[] = []
  for (const state of ['open', 'closed'])
    labels.push(...(await server.call('GET', `/api/frames?camera=${CAMERA}&label=${state}&limit=100`)).body.items)
  const turned = labels.map(({ id, label }) => ({ frame: id, state: label === 'open' ? 'closed' : 'open' }))
  expect(await server.call('POST', '/api/labels', { labels: turned })).toMatchObject({ status: 200 })
  const { result } = await train(server)
  expect(result).toMatchObject({ activated: false, gate: { worse: true, active: 1, gained: 0 } })
  expect(result.gate.relabelled).toBe(result.gate.frames)
  expect(result.gate.candidate).toBeLessThan(0.3)
  expect(result.reason).toMatch(/another label now.*active model 100 %.*frames lost.*`force`/)
  expect(await active()).toBe(before)
  expect((await models())[0]).toMatchObject({ id: result.model, active: false, gate: { worse: true } })
  const chosen = await server.call('POST', `/api/models/${result.model}/activate`, {})
  expect(chosen).toMatchObject({ status: 409, body: { error: { code: 'worse_than_active' } } })
  const forced = await train(server, { force: true })
  expect(forced.result).toMatchObject({ activated: true, reason: null, gate: { worse: true } })
  expect(await active()).toBe(forced.result.model)

  // Turned back they are as good as before, but not by what was frozen while they were wrong.
  const right = labels.map(({ id, label }) => ({ frame: id, state: label }))
  await server.call('POST', '/api/labels', { labels: right })
  expect((await train(server)).result).toMatchObject({ activated: false, gate: { worse: true, active: 1 } })
  expect((await train(server, { force: true })).result.activated).toBe(true)
})

test('states that are added while it is trained keep a model from being activated, and do not lose it', {
  timeout: 60_000,
}, async () => {
  const before = (await server.call('GET', `/api/cameras/${CAMERA}`)).body
  const { id } = (await server.call('POST', '/api/training', { camera: CAMERA, augmentations: 2 })).body
  await until(async () => (await server.call('GET', `/api/jobs/${id}`)).body.phase !== null)
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: [...before.states, 'ajar'] })
  const { state, result } = await jobEnded(server, id)
  expect({ state, ...result }).toMatchObject({ state: 'done', activated: false, reason: expect.stringMatching(/ajar/) })
  expect((await server.call('GET', `/api/models/${result.model}`)).body.active).toBe(false)
  expect((await server.call('GET', `/api/cameras/${CAMERA}`)).body.model).toBe(before.model)
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: before.states })
})

test('a frame whose label was taken back still counts where two models are compared', { timeout: 60_000 }, async () => {
  const [{ id: frame }] = (await server.call('GET', `/api/frames?camera=${CAMERA}&label=open&limit=1`)).body.items
  const tested = (await train(server, { force: true })).result.evaluation.frames
  expect((await server.call('POST', '/api/labels', { labels: [{ frame, state: null }] })).status).toBe(200)
  const taken = (await train(server)).result
  expect(taken).toMatchObject({ activated: true, gate: { frames: tested, lost: 0, relabelled: 0 } })
  expect(taken.evaluation.frames).toBe(tested - 1)
  // What was marked is no question any more.
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'ignore' })
  expect((await train(server)).result.gate.frames).toBe(tested - 1)
})
