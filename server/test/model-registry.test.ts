import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { featureLengthOf, type Model } from '@ajar/models'
import { expect, onTestFinished, test } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { CameraChanges } from '../src/devices/changes.ts'
import { Sources } from '../src/devices/sources.ts'
import { createLog } from '../src/index.ts'
import { Activations } from '../src/training/registry/activations.ts'
import { ModelRegistry } from '../src/training/registry/model-registry.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'

async function made(seed: number): Promise<Omit<Model, 'id' | 'parent'>> {
  const features = await featureLengthOf('mobilenet-v2-0.35')
  const channels = features / 16
  return {
    backbone: 'mobilenet-v2-0.35',
    engine: 'wasm',
    createdAtMs: 1000 + seed,
    seed,
    labels: { digest: 'none', frames: 0, perState: {} },
    region: null,
    view: null,
    head: {
      states: ['off', 'on'],
      weights: new Float32Array(features * 2),
      bias: new Float32Array(2),
      novelty: { channels, prototypes: new Float32Array(channels), threshold: 0.1 },
    },
    evaluation: null,
    verdict: 'none',
    testSet: [],
  }
}

async function open() {
  const folder = await temporaryFolder(onTestFinished)
  const database = await openStateDatabase(folder)
  onTestFinished(() => database.close())
  const sources = new Sources(database)
  await sources.start()
  await sources.ensure({ device: 'pi', camera: 'cam' })
  await sources.change(CAMERA, { states: ['on', 'off'] })
  const registry = new ModelRegistry(database, `${folder}/models`)
  const changes = new CameraChanges({ database, events: new Events(), log: createLog('silent') })
  const activations = new Activations({ database, sources, changes, registry })
  return { database, sources, registry, activations }
}

const trained = (job: string) => ({ origin: 'trained', parent: null, job }) as const

test('a job that runs twice makes one model, and one activation, whatever was chosen since', async () => {
  const { database, sources, registry, activations } = await open()
  const first = await registry.save(CAMERA, await made(1), trained('job-1'))
  const again = await registry.save(CAMERA, await made(2), trained('job-1'))
  expect([again.id, again.seed]).toEqual([first.id, 1])
  const next = await registry.save(CAMERA, await made(3), trained('job-2'))
  expect(next.id).toBe(`${CAMERA}@2`)
  for (const { id } of [first, next]) await activations.activate(await registry.row(id), 'trained', 'test')
  await activations.rollback(CAMERA, 'test')
  await activations.activate(await registry.row(next.id), 'trained', 'test') // its job was interrupted just after
  expect(sources.get(CAMERA).activeModel).toBe(first.id)
  expect(await database.read.selectFrom('activations').selectAll().execute()).toHaveLength(3)
})

test('models that are saved at the same time are versions of their own', async () => {
  const { registry } = await open()
  const saved = await Promise.all(
    [1, 2, 3].map(async (seed) => registry.save(CAMERA, await made(seed), { origin: 'uploaded', parent: null })),
  )
  expect(saved.map(({ id }) => id).sort()).toEqual([1, 2, 3].map((version) => `${CAMERA}@${version}`))
  for (const { id, seed } of saved) expect((await registry.load(id)).seed).toBe(seed)
})

test('a camera that goes, or is on its way to another name, gets no model and keeps no files of one', async () => {
  const { database, registry, activations } = await open()
  const { id } = await registry.save(CAMERA, await made(1), trained('job-1'))
  const intent = { from_camera: CAMERA, to_camera: 'pi/new', author: 'test', at: 1 }
  await database.write.insertInto('camera_renames').values(intent).execute()
  const renaming = { code: 'being_renamed' }
  await expect(registry.save(CAMERA, await made(2), trained('job-2'))).rejects.toMatchObject(renaming)
  await expect(activations.activate(await registry.row(id), 'activated', 'test')).rejects.toMatchObject(renaming)
  await database.write.deleteFrom('camera_renames').execute()
  await database.write.deleteFrom('cameras').execute()
  await expect(registry.save(CAMERA, await made(2), trained('job-2'))).rejects.toMatchObject({ status: 404 })
  await expect(registry.load(`${CAMERA}@2`)).rejects.toMatchObject({ code: 'model_missing' })
  await rm(registry.folderOf(id), { recursive: true })
})

test('what a kill left of a model that was being saved is gone after the next start', async () => {
  const { registry } = await open()
  await registry.start() // nobody has a model yet
  const { id } = await registry.save(CAMERA, await made(1), trained('job-1'))
  const besides = dirname(registry.folderOf(id))
  await mkdir(join(besides, '.2-a1b2c3'))
  await writeFile(join(besides, '.2-a1b2c3', 'model.json'), '{}')
  await writeFile(join(besides, '..', 'notes.txt'), 'somebody put it here')
  await registry.start()
  expect(await readdir(besides)).toEqual(['1'])
  expect((await registry.load(id)).id).toBe(id)
})
