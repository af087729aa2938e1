import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { mostUsefulOf } from '../src/observe/useful-frames.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'
const NOW = 1_790_000_000_000
const HOUR = 3_600_000

interface Row {
  /** Hours after NOW. */
  at: number
  confidence?: number
  reason?: 'covered' | 'unlike_training'
  novelty?: number
  /** One number of its signature; the others are 0. */
  shows?: number
  model?: string
  label?: string
  embedded?: string
  isOld?: boolean
  outcome?: 'skipped'
}

function signature(shows: number): Uint8Array {
  const numbers = new Int8Array(32)
  numbers[shows] = 100
  return new Uint8Array(numbers.buffer)
}

/** Asks a state.db that holds these frames, of a camera whose active model has the backbone `new`. */
async function usefulOf(rows: Row[], limit = 100) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const { write, read } = database
  const made = { engine: 'wasm', created_at: 1, evaluation_json: 'null', camera: CAMERA }
  for (const [version, backbone] of ['old', 'new'].entries())
    await write
      .insertInto('models')
      .values({ id: backbone, version, backbone, ...made })
      .execute()
  const settings = { states_json: '[]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  await write
    .insertInto('cameras')
    .values({ id: CAMERA, device: 'pi', name: 'cam', active_model: 'new', ...settings })
    .execute()
  for (const { at, confidence, reason, novelty, shows, model, label, embedded, isOld, outcome } of rows) {
    const key = { camera: CAMERA, captured_at: NOW + at * HOUR }
    const times = { received_at: 1, stored_at: isOld ? 1 : NOW, classified_at: null, recorded_at: 1 }
    const rest = { size: 1, sha256: new Uint8Array(32), outcome: outcome ?? 'classified', code: null, late: 0 } as const
    await write
      .insertInto('frames')
      .values({ ...key, ...times, ...rest })
      .execute()
    const result = { ...key, model: model ?? 'new', state: 'open', best: 'open', confidence: confidence ?? null }
    const more = { probabilities_json: null, latency_ms: 1, late: 0, reason: reason ?? null } as const
    const seen = { novelty: novelty ?? null, signature: shows === undefined ? null : signature(shows) }
    if (!outcome)
      await write
        .insertInto('results')
        .values({ ...result, ...more, ...seen })
        .execute()
    if (label)
      await write
        .insertInto('labels')
        .values({ ...key, state: label, author: 'x', labelled_at: 1 })
        .execute()
    const features = { brightness: 1, features: new Uint8Array(4) }
    if (embedded)
      await write
        .insertInto('embeddings')
        .values({ ...key, recipe: JSON.stringify([embedded]), signature: signature(shows ?? 0), ...features })
        .execute()
  }
  expect(await read.selectFrom('frames').selectAll().execute()).toHaveLength(rows.length)
  const found = await mostUsefulOf(database, { camera: CAMERA }, { storedSince: 2, limit })
  return found.map(({ captured_at, why }) => [(captured_at - NOW) / HOUR, why])
}

test('of those that have ended, have their picture and no label, and do not only show a covered lens', async () => {
  const found = await usefulOf([
    { at: 1, confidence: 0.9, shows: 1 },
    { at: 2, confidence: 0.6, shows: 1, label: 'open' },
    { at: 3, confidence: 0.6, shows: 1, label: 'ignore' },
    { at: 4, confidence: 0.6, shows: 1, isOld: true },
    { at: 5, confidence: 0.6, shows: 1, reason: 'covered' },
    { at: 6, outcome: 'skipped' },
  ])
  expect(found).toEqual([[1, expect.any(String)]])
})

test('far from what is labelled, by the signature of its result or of its embedding', async () => {
  const found = await usefulOf([
    { at: 1, confidence: 0.9, shows: 1, label: 'open' },
    { at: 25, confidence: 0.9, shows: 2, label: 'open', embedded: 'new', model: 'old' },
    { at: 49, confidence: 0.9, shows: 1 },
    { at: 73, confidence: 0.9, shows: 2 },
    { at: 97, confidence: 0.9, shows: 3 },
  ])
  expect(found[0]).toEqual([97, 'unlike_labelled'])
})

test('signatures of another backbone are not compared', async () => {
  const rows: Row[] = [
    { at: 1, confidence: 0.9, shows: 1, label: 'open', model: 'old' },
    { at: 25, confidence: 0.9, shows: 1, label: 'open', embedded: 'old', model: 'old' },
    { at: 49, confidence: 0.9, shows: 1 },
    { at: 73, confidence: 0.9, shows: 1 },
    { at: 97, confidence: 0.9, shows: 3 },
  ]
  // Nothing labelled is known to look like any of them: what two show is worth more than what one does.
  expect((await usefulOf(rows))[0]?.[0]).not.toBe(97)
  const comparable = rows.map(({ model, ...row }) => ({ ...row, ...(row.embedded ? { embedded: 'new' } : {}) }))
  expect((await usefulOf(comparable))[0]).toEqual([97, expect.any(String)])
})

test('no more than a hundred, of many more', { timeout: 60_000 }, async () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({ at: i, confidence: 0.5 + (i % 50) / 100, shows: i % 32 }))
  expect(await usefulOf(rows, 1000)).toHaveLength(100)
  expect(await usefulOf(rows, 7)).toHaveLength(7)
})

test('over HTTP each frame says why; without a model they are spread over the time', async () => {
  const server = await RunningServer.start(onTestFinished)
  const first = Date.now() - 10 * HOUR
  for (let i = 0; i < 10; i++) await server.ended(await server.send(CAMERA, await plainJpeg(i), first + i * HOUR))
  const ask = (query: string) => server.call('GET', `/api/frames?camera=${CAMERA}${query}`)
  const { body } = await ask('&order=useful&limit=5')
  expect(body.items).toHaveLength(5)
  for (const { why } of body.items) expect(['other_hour', 'newest']).toContain(why)
  expect((await ask('&limit=1')).body.items[0].why).toBeNull()
  expect((await ask('&order=useful&label=none')).status).toBe(200)
  expect((await ask('&order=useful&label=open')).body.error).toMatchObject({ code: 'bad_request', field: 'order' })
})
