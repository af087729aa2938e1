import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { Sources } from '../src/devices/sources.ts'
import { CAMERA, jobEnded, label, train } from './lesson.ts'
import { type Answer, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let dataDir: string
let server: RunningServer
let database: StateDatabase
const start = (backbone: string) => RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir, AJAR_BACKBONE: backbone })
beforeAll(async () => {
  dataDir = await temporaryFolder(afterFile)
  server = await start('mobilenet-v2-0.35')
  database = await openStateDatabase(dataDir)
  afterFile(() => database.close())
}, 60_000)

const region = (...corners: number[][]) => ({ region: corners.map(([x, y]) => ({ x, y })) })
const patch = (change: object, camera = CAMERA) => server.call('PATCH', `/api/cameras/${camera}`, change)
const embeddingJobs = async (): Promise<Answer['body'][]> =>
  (await server.call('GET', '/api/jobs?limit=100')).body.items.filter(
    (job: { kind: string }) => job.kind === 'embedding',
  )
const recipes = async () => {
  const rows = await database.read.selectFrom('embeddings').select(['captured_at', 'recipe']).execute()
  return {
    frames: rows.length,
    recipes: [...new Set(rows.map(({ recipe }) => recipe))].map((recipe) => JSON.parse(recipe)),
  }
}

test.each([
  ['a corner below the frame', region([0, 0], [1, 0], [0, 1.1]), 'bad_request', 'region.2.y'],
  ['a corner left of the frame', region([0, 0], [-0.1, 0], [0, 1]), 'bad_request', 'region.1.x'],
  ['two corners', region([0, 0], [1, 1]), 'bad_request', 'region'],
  ['none', region(), 'bad_request', 'region'],
  ['65 corners', region(...Array.from({ length: 65 }, (_, i) => [i / 65, (i / 65) ** 2])), 'bad_request', 'region'],
  ['a line', region([0, 0], [0.5, 0.5], [1, 1]), 'flat_region', 'region'],
  ['next to nothing', region([0, 0], [0.04, 0], [0, 0.04]), 'small_region', 'region'],
  ['a bow tie, whose halves go round opposite ways', region([0, 0], [1, 1], [1, 0], [0, 1]), 'small_region', 'region'],
  ['a box, which it was once', { box: { x: 0, y: 0, width: 1, height: 1 } }, 'bad_request', 'box'],
])('%s is no region', async (_, change, code, field) => {
  const { status, body } = await patch(change, 'pi/other')
  expect({ status, ...body.error }).toMatchObject({ status: 400, code, field, message: expect.any(String) })
})

test('the release before finds the box around a region, and what it sets counts', async () => {
  await patch(region([0.2, 0.2], [0.6, 0.2], [0.2, 0.7]), 'pi/older')
  const row = () =>
    database.read.selectFrom('cameras').selectAll().where('id', '=', 'pi/older').executeTakeFirstOrThrow()
  const box = JSON.parse((await row()).box_json ?? '')
  expect([box.x, box.y, box.x + box.width, box.y + box.height]).toEqual([0.2, 0.2, 0.6, 0.7])
  const read = async () => {
    const sources = new Sources(database)
    await sources.start()
    return sources.get('pi/older').region
  }
  expect(await read()).toHaveLength(3)
  const set = (box_json: string | null) =>
    database.write.updateTable('cameras').set({ box_json }).where('id', '=', 'pi/older').execute()
  await set('{"x":0,"y":0.5,"width":0.5,"height":0.5}')
  expect(await read()).toEqual(region([0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]).region)
  await set(null)
  expect(await read()).toBe(null)
})

test('another region embeds the labelled frames anew, once, and the model goes on with its own', {
  timeout: 120_000,
}, async () => {
  await patch(region([0, 0], [1, 0], [0, 1])) // nothing is labelled: nothing to do
  expect(await embeddingJobs()).toEqual([])
  await patch({ region: null })
  const frames = await label(server, 4)
  expect((await train(server)).state).toBe('done')
  const before = await recipes()
  expect(before).toEqual({ frames: 8, recipes: [expect.arrayContaining(['mobilenet-v2-0.35', null])] })

  const half = region([0.2, 0], [0.8, 0], [0.8, 1], [0.2, 1])
  await patch(half)
  await patch(half) // the same again
  const [job, ...more] = await embeddingJobs()
  expect(more).toEqual([])
  expect(await jobEnded(server, job.id)).toMatchObject({
    state: 'done',
    camera: CAMERA,
    result: { embedded: 8, known: 0, skipped: [] },
  })
  const after = await recipes()
  expect(after).toEqual({ frames: 8, recipes: [expect.arrayContaining([half.region])] })
  const { body } = await server.call('GET', `/api/models/${CAMERA}@1`)
  expect(body).toMatchObject({ active: true, region: null })
  await server.ended(frames[0] ?? '')

  // The next training finds them, and its model looks at the region.
  await database.write.updateTable('embeddings').set({ brightness: 77 }).execute()
  const { result } = await train(server)
  expect((await server.call('GET', `/api/models/${result.model}`)).body.region).toEqual(half.region)
  const rows = await database.read.selectFrom('embeddings').select('brightness').execute()
  expect(new Set(rows.map(({ brightness }) => brightness))).toEqual(new Set([77]))
})

test('masks and copied settings do so too, and only the last of several changes counts', {
  timeout: 120_000,
}, async () => {
  const before = (await embeddingJobs()).length
  const mask = [
    { x: 0, y: 0 },
    { x: 0.1, y: 0 },
    { x: 0, y: 0.1 },
  ]
  await patch({ masks: [mask], region: null }, 'pi/like')
  await server.call('POST', `/api/cameras/${CAMERA}/copy`, { from: 'pi/like', what: ['settings'] })
  for (const x of [0.1, 0.15, 0.25]) await patch(region([x, 0], [1, 0], [1, 1]))
  const [newest, ...others] = await until(async () => {
    const all = await embeddingJobs()
    return all.every(({ state }) => ['done', 'cancelled'].includes(state)) && all.slice(0, all.length - before)
  })
  expect(newest).toMatchObject({ state: 'done' })
  expect(others.every(({ state }) => state === 'cancelled')).toBe(true)
  const last = region([0.25, 0], [1, 0], [1, 1]).region
  expect(await recipes()).toEqual({ frames: 8, recipes: [expect.arrayContaining([last, [mask]])] })
})

test('a camera is renamed and renamed back while its frames are embedded, and that is asked for again', {
  timeout: 60_000,
}, async () => {
  await patch(region([0.3, 0], [1, 0], [1, 1]))
  const rename = (from: string, to: string) => server.call('POST', `/api/cameras/${from}/rename`, { to })
  const other = `${CAMERA}-2`
  expect(await rename(CAMERA, other)).toMatchObject({ status: 200 })
  await patch(region([0.35, 0], [1, 0], [1, 1]), other)
  expect(await rename(other, CAMERA)).toMatchObject({ status: 200 })
  const last = region([0.35, 0], [1, 0], [1, 1]).region
  await until(async () =>
    (await recipes()).recipes.every((recipe) => JSON.stringify(recipe).includes(JSON.stringify(last))),
  )
  expect((await recipes()).frames).toBe(8)
})

test('fifty changes at once ask for one job, not for fifty', { timeout: 120_000 }, async () => {
  const { body: training } = await server.call('POST', '/api/training', { camera: CAMERA }) // what they wait for
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => patch(region([0, 0], [0.5 + i / 100, 0], [1, 1]))),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect((await embeddingJobs()).filter(({ state }) => state === 'queued').length).toBeLessThan(2)
  await jobEnded(server, training.id)
  const [newest] = await embeddingJobs()
  expect((await jobEnded(server, newest.id)).state).toBe('done')
  const last = (await server.call('GET', `/api/cameras/${CAMERA}`)).body.region
  expect(await recipes()).toEqual({ frames: 8, recipes: [expect.arrayContaining([last])] })
})

test('a job that was interrupted computes what is missing, and no more', { timeout: 60_000 }, async () => {
  const [{ id }] = (await embeddingJobs()) as [Answer['body']]
  const { captured_at } = await database.read.selectFrom('embeddings').selectAll().executeTakeFirstOrThrow()
  await server.app.close()
  await database.write.deleteFrom('embeddings').where('captured_at', '=', captured_at).execute()
  await database.write.updateTable('jobs').set({ state: 'queued' }).where('id', '=', id).execute()
  server = await start('mobilenet-v2-0.35')
  expect(await jobEnded(server, id)).toMatchObject({ state: 'done', result: { embedded: 1, known: 7 } })
  expect((await recipes()).frames).toBe(8)
})

test('a server with another backbone embeds for it, and models of the one before answer', {
  timeout: 120_000,
}, async () => {
  await server.app.close()
  server = await start('mobilenet-v1-1.0')
  const [job] = await embeddingJobs()
  expect(await jobEnded(server, job.id)).toMatchObject({ state: 'done', result: { embedded: 8 } })
  expect((await recipes()).recipes).toEqual([expect.arrayContaining(['mobilenet-v1-1.0'])])
  const [frame = ''] = await label(server, 1, 50)
  expect((await server.ended(frame)).result).toMatchObject({ model: `${CAMERA}@3`, reason: null })
  expect((await server.call('GET', '/api/cameras')).body.items[0].model).toBe(`${CAMERA}@3`)
  const { checks } = (await server.call('GET', '/api/health/ready')).body
  expect(checks.filter(({ level }: { level: string }) => level === 'error')).toEqual([])
})
