import { cpSync, readdirSync, statSync } from 'node:fs'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { Archive } from '../src/database/frames/archive.ts'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const FRAME_BYTES = 300_000
const TIMES = Array.from({ length: 14 }, (_, i) => i + 1)
const LEFT = [2, 5, 8, 11, 14]
const idsOf = (times: number[]) => times.map((capturedAt) => ({ camera: 'pi/a', capturedAt }))

let folder: string
let store: FrameStore

async function open(place: string): Promise<FrameStore> {
  const opened = await FrameStore.open(place, () => {})
  onTestFinished(() => opened.close())
  return opened
}

/** Keeps frames, also some that nobody keeps any more. */
beforeEach(async () => {
  folder = await temporaryFolder(onTestFinished)
  store = await open(folder)
  let file = ''
  for (const capturedAt of [...TIMES, 15]) {
    const jpeg = new Uint8Array(FRAME_BYTES).fill(capturedAt)
    file = (await store.put({ camera: 'pi/old', capturedAt, receivedAt: 1, dup: false, jpeg })).frame.file
  }
  await store.rename('pi/old', 'pi/a')
  await store.keep(file, idsOf(TIMES))
  await store.rotate()
  if ((await store.shrinkKept()) !== false) throw new Error('there is nothing to give back yet')
  await store.release(idsOf(TIMES.filter((time) => !LEFT.includes(time))))
})

/** Drops the file that the frames came in, and tells which of them are found with their bytes. */
async function kept(from: FrameStore, place: string): Promise<number[]> {
  for (const { name, role } of await from.files()) if (role === 'full') await from.drop(name)
  const archive = await Archive.open(place)
  onTestFinished(() => archive.close())
  const pictures = await Promise.all(TIMES.concat(15).map((time) => archive.jpeg('pi/a', time)))
  return TIMES.concat(15).filter((time, i) => pictures[i]?.length === FRAME_BYTES && pictures[i]?.[0] === time)
}

const sizeOf = (place: string) => statSync(`${place}/kept.db`).size
const fresh = (place: string) => readdirSync(place).filter((name) => name.startsWith('kept.new'))

test('the room of released frames goes back to the disk, and those that stay are found', async () => {
  const before = sizeOf(folder)
  while (await store.shrinkKept());
  expect(before).toBeGreaterThan(TIMES.length * FRAME_BYTES)
  expect(sizeOf(folder)).toBeLessThan((LEFT.length + 1) * FRAME_BYTES)
  expect(fresh(folder)).toEqual([])
  expect(await kept(store, folder)).toEqual(LEFT)
  expect(await store.shrinkKept()).toBe(false)
})

test('what is kept, released and renamed meanwhile is so after it', async () => {
  const archive = await Archive.open(folder)
  onTestFinished(() => archive.close())
  const source = (await archive.find('pi/a', 15))?.file ?? ''
  expect(await store.shrinkKept()).toBe(true)
  await store.release(idsOf([2]))
  expect(await store.shrinkKept()).toBe(true)
  await store.keep(source, idsOf([15]))
  expect(await store.shrinkKept()).toBe(true)
  await store.rename('pi/a', 'pi/b')
  await store.rename('pi/b', 'pi/a')
  while (await store.shrinkKept());
  expect(sizeOf(folder)).toBeLessThan((LEFT.length + 1) * FRAME_BYTES)
  expect(await kept(store, folder)).toEqual([5, 8, 11, 14, 15])
  expect((await store.kept(0, 100)).map(({ capturedAt }) => capturedAt)).toEqual([5, 8, 11, 14, 15])
})

test('killed in the middle of the copy, all are there at the next start', async () => {
  expect(await store.shrinkKept()).toBe(true)
  expect(fresh(folder)).not.toEqual([])
  const place = await temporaryFolder(onTestFinished)
  cpSync(folder, place, { recursive: true })
  const again = await open(place)
  expect(fresh(place)).toEqual([])
  expect(await kept(again, place)).toEqual(LEFT)
  while (await again.shrinkKept());
  expect(await kept(again, place)).toEqual(LEFT)
})
