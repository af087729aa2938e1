import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Embeddings } from '../src/training/embeddings.ts'
import { CAMERA, jobEnded, label, train } from './lesson.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('an embedding stays as long as somebody may learn from it again', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const said = { state: 'on', author: 'test' }
  await database.write
    .insertInto('labels')
    .values({ camera: 'pi/a', captured_at: 1, ...said, labelled_at: 1 })
    .execute()
  const borrowed = { camera: 'pi/b', source: 'pi/a', captured_at: 2, ...said, borrowed_at: 1 }
  await database.write.insertInto('borrowed_labels').values(borrowed).execute()
  const rows = [1, 2, 3].flatMap((captured_at) =>
    ['own', 'of b', 'old'].map((recipe) => ({ camera: 'pi/a', captured_at, recipe })),
  )
  rows.push({ camera: 'pi/c', captured_at: 1, recipe: 'old' })
  await database.write
    .insertInto('embeddings')
    .values(rows.map((row) => ({ ...row, brightness: 0, features: new Uint8Array(4) })))
    .execute()
  await new Embeddings(database).prune('pi/a', (learner) => (learner === 'pi/b' ? ['of b'] : ['own']))
  const left = await database.read.selectFrom('embeddings').select(['camera', 'captured_at', 'recipe']).execute()
  expect(left.map((row) => Object.values(row).join(' ')).sort()).toEqual([
    'pi/a 1 of b',
    'pi/a 1 own',
    'pi/a 2 of b',
    'pi/a 2 own',
    'pi/c 1 old',
  ])
})

test('a training leaves the embeddings of its own labels only', { timeout: 120_000 }, async () => {
  const server = await RunningServer.start(onTestFinished)
  const frames = await label(server, 4)
  const database = await openStateDatabase(server.dataDir)
  onTestFinished(() => database.close())
  const times = frames.map((frame) => Number(frame.split('/')[2]))
  const old = { camera: CAMERA, recipe: 'of another box', brightness: 0, features: new Uint8Array(4) }
  await database.write
    .insertInto('embeddings')
    .values([...times, 5].map((captured_at) => ({ ...old, captured_at })))
    .execute()
  expect((await train(server, { augmentations: 1 })).state).toBe('done')
  const left = await database.read.selectFrom('embeddings').select(['captured_at', 'recipe']).execute()
  expect(left.map((row) => row.captured_at).sort()).toEqual(times.sort())
  expect(new Set(left.map((row) => row.recipe)).size).toBe(1)
})

test('the same labels and seed give the same model, byte for byte; another seed draws other variants', {
  timeout: 120_000,
}, async () => {
  const server = await RunningServer.start(onTestFinished)
  await label(server, 4)
  const weightsOf = async (seed: number) => {
    const { result } = await train(server, { augmentations: 1, seed, force: true })
    const version = result.model.split('@')[1]
    return (await readFile(`${server.dataDir}/models/${CAMERA}/${version}/weights.bin`)).toString('base64')
  }
  const first = await weightsOf(5)
  expect(await weightsOf(6)).not.toBe(first)
  // What was drawn for it is not kept meanwhile.
  expect(await weightsOf(5)).toBe(first)
})

test('trainings that are cancelled do not leave more and more of them', { timeout: 120_000 }, async () => {
  const server = await RunningServer.start(onTestFinished)
  await label(server, 8)
  const database = await openStateDatabase(server.dataDir)
  onTestFinished(() => database.close())
  const left = { camera: CAMERA, captured_at: 1, brightness: 0, features: new Uint8Array(4) }
  const seeds = [1, 2, 3].map((seed) => ({ ...left, recipe: `of seed ${seed}` }))
  await database.write.insertInto('embeddings').values(seeds).execute()
  // Long enough to be in the middle of it.
  const { body } = await server.call('POST', '/api/training', { camera: CAMERA, augmentations: 16 })
  await until(async () => (await server.call('GET', `/api/jobs/${body.id}`)).body.phase === 'embed')
  await server.call('DELETE', `/api/jobs/${body.id}`)
  expect((await jobEnded(server, body.id)).state).toBe('cancelled')
  const rows = await database.read.selectFrom('embeddings').select('recipe').distinct().execute()
  expect(rows.map(({ recipe }) => recipe)).toEqual([expect.stringContaining('mobilenet')])
})
