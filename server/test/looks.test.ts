import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FrameReader } from '../src/database/frames/frame-reader.ts'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { lookOf, vectorOf } from '../src/database/frames/vector-bytes.ts'
import { RunningServer, until } from './running-server.ts'
import { setUp, teachSums } from './some-vectors.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What a model is shown of a reading: it and those before it, as the frames files have them. */

const bytesOf = (numbers: number[]) => new TextEncoder().encode(JSON.stringify(numbers))
const viewOf = (length: number, window: number) => ({
  parts: [{ name: 'value', length, kind: 'value' as const }],
  window,
})

async function start() {
  const folder = join(await temporaryFolder(onTestFinished), 'frames')
  const store = await FrameStore.open(folder, () => {})
  onTestFinished(() => store.close())
  const reader = new FrameReader(folder)
  onTestFinished(() => reader.close())
  const put = (capturedAt: number, numbers: number[], camera = 'pi/radio') =>
    store.put({ camera, capturedAt, receivedAt: capturedAt, dup: false, jpeg: bytesOf(numbers) })
  const look = (capturedAt: number, numbers: number[], window: number) =>
    lookOf(reader, { camera: 'pi/radio', capturedAt }, bytesOf(numbers), viewOf(numbers.length, window))?.map((one) => [
      ...one,
    ])
  return { folder, store, reader, put, look }
}

test('a look has as many readings as there are, the newest last, and none of another source', async () => {
  const { put, look } = await start()
  await put(1000, [1])
  await put(2000, [2])
  await put(2500, [9], 'pi/other')
  await put(3000, [3])
  await put(4000, [4])
  expect(look(3000, [3], 1)).toEqual([[3]])
  expect(look(3000, [3], 2)).toEqual([[2], [3]])
  expect(look(3000, [3], 64)).toEqual([[1], [2], [3]])
  expect(look(1000, [1], 64)).toEqual([[1]])
})

test('a look goes on in the files before, also in what was kept of one that went, and where times overlap', async () => {
  const { store, put, look } = await start()
  for (const at of [1000, 3000, 5000]) await put(at, [at])
  const [first] = (await store.files()).filter(({ role }) => role === 'current')
  await store.rotate()
  for (const at of [2000, 4000, 6000]) await put(at, [at]) // what waited in an outbox
  expect(look(6000, [6000], 4)).toEqual([[3000], [4000], [5000], [6000]])
  await store.keep(first?.name ?? '', [{ camera: 'pi/radio', capturedAt: 3000 }])
  expect(look(6000, [6000], 6)).toEqual([[1000], [2000], [3000], [4000], [5000], [6000]])
  await store.drop(first?.name ?? '')
  await store.clearGone()
  expect(look(6000, [6000], 6)).toEqual([[2000], [3000], [4000], [6000]])
})

test('one of another length ends the look; numbers beyond 32 bits become the largest there are', async () => {
  const { put, look, reader } = await start()
  await put(1000, [1, 1])
  await put(2000, [2])
  await put(3000, [3, 3])
  expect(look(4000, [4, 4], 8)).toEqual([
    [3, 3],
    [4, 4],
  ])
  expect(lookOf(reader, { camera: 'pi/radio', capturedAt: 5000 }, bytesOf([5]), viewOf(2, 8))).toBeNull()
  expect(
    lookOf(reader, { camera: 'pi/radio', capturedAt: 5000 }, new Uint8Array([0xff, 0xd8]), viewOf(2, 8)),
  ).toBeNull()
  expect([...vectorOf([1e300, -1e300])].every(Number.isFinite)).toBe(true)
})

test('a look is the same live and after a restart, whichever reading is asked about first', {
  timeout: 120_000,
}, async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const undo: (() => unknown)[] = []
  onTestFinished(async () => {
    for (const one of undo.splice(0).reverse()) await one()
  })
  const stop = async () => {
    for (const one of undo.splice(0).reverse()) await one()
  }
  const start = () => RunningServer.start((one) => void undo.push(one), { AJAR_DATA_DIR: dataDir })
  const view = viewOf(3, 5)
  const now = Date.now() - 60_000
  const readings = Array.from({ length: 40 }, (_, i) => ({
    at: now + i * 100,
    numbers: [Math.sin(i), Math.cos(i / 3), Math.sin(i * 7) / 2],
  }))
  const server = await start()
  for (const sensor of ['pi/live', 'pi/later']) {
    await setUp(server, sensor, { vector: view })
    await teachSums(server.url, sensor, view)
  }
  for (const { at, numbers } of readings) {
    const path = `/api/sensors/pi/live/readings?at=${at}`
    expect((await server.call('POST', path, { value: numbers })).status).toBe(201)
  }
  const saidOf = (of: RunningServer, sensor: string) =>
    until(async () => {
      const { body } = await of.call('GET', `/api/sensors/${sensor}/results?limit=1000`)
      return body.items.length === readings.length && body.items
    })
  const live = await saidOf(server, 'pi/live')
  await stop()

  // As a server leaves them that is killed between their PUBACK and their classification.
  const store = await FrameStore.open(join(dataDir, 'frames'), () => {})
  for (const { at, numbers } of readings)
    await store.put({ camera: 'pi/later', capturedAt: at, receivedAt: at, dup: false, jpeg: bytesOf(numbers) })
  await store.close()
  const later = await saidOf(await start(), 'pi/later')
  // biome-ignore lint/suspicious/noExplicitAny: rows of an answer
  const shown = (rows: any[]) =>
    rows.map(({ state, confidence, probabilities }) => ({ state, confidence, probabilities }))
  expect(shown(later)).toEqual(shown(live))
  expect(new Set(shown(live).map(({ confidence }) => confidence)).size).toBeGreaterThan(30)
})
