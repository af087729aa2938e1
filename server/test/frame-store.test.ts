import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Archive } from '../src/database/frames/archive.ts'
import { FrameStore, type NewFrame, type Taken } from '../src/database/frames/frame-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

interface Opened {
  folder: string
  store: FrameStore
  put(camera: string, capturedAt: number | null, text: string, more?: Partial<NewFrame>): Promise<Taken>
}

async function open(folder?: string, maxFileBytes?: number): Promise<Opened> {
  const place = folder ?? (await temporaryFolder(onTestFinished))
  const store = await FrameStore.open(place, () => {}, maxFileBytes)
  onTestFinished(() => store.close())
  const put: Opened['put'] = (camera, capturedAt, text, more = {}) =>
    store.put({ camera, capturedAt, receivedAt: 1000, dup: false, jpeg: new TextEncoder().encode(text), ...more })
  return { folder: place, store, put }
}

/** The times of the unfinished frames, newest first. */
async function pendingTimes(store: FrameStore, camera: string): Promise<number[]> {
  return (await store.pending(camera, EVERYTHING, 10_000)).map(({ capturedAt }) => capturedAt)
}

async function bytesOf(folder: string, camera: string, capturedAt: number): Promise<string | null> {
  const archive = await Archive.open(folder)
  const jpeg = await archive.jpeg(camera, capturedAt)
  await archive.close()
  return jpeg && new TextDecoder().decode(jpeg)
}

describe('the id of a frame', () => {
  test('stored once, sent again it is a duplicate, with other bytes a collision', async () => {
    const { put, folder } = await open()
    expect((await put('pi/a', 7, 'one')).kind).toBe('stored')
    expect((await put('pi/a', 7, 'one')).kind).toBe('duplicate')
    expect((await put('pi/a', 7, 'two')).kind).toBe('collision')
    expect((await put('pi/b', 7, 'two')).kind).toBe('stored')
    expect(await bytesOf(folder, 'pi/a', 7)).toBe('one')
  })

  test('minted without a time, it rises strictly within the camera, whatever the clock does', async () => {
    const { put } = await open()
    const clock = [1000, 1000, 990, 5000, 5000, 4000]
    const puts = clock.map((receivedAt, i) => put('pi/a', null, `frame ${i}`, { receivedAt }))
    const times = (await Promise.all(puts)).map(({ frame }) => frame.capturedAt)
    expect(times).toEqual([1000, 1001, 1002, 5000, 5001, 5002])
    expect((await put('pi/b', null, 'frame', { receivedAt: 1000 })).frame.capturedAt).toBe(1000)
  })

  test('minted times go on rising after the store was opened again', async () => {
    const { put, folder, store } = await open()
    await put('pi/a', null, 'one', { receivedAt: 9000 })
    await store.close()
    const again = await open(folder)
    expect((await again.put('pi/a', null, 'two', { receivedAt: 100 })).frame.capturedAt).toBe(9001)
  })

  test('without a time, only what is marked as sent again is looked for', async () => {
    const { put } = await open()
    const first = await put('pi/a', null, 'same', { receivedAt: 1 })
    await put('pi/a', null, 'another', { receivedAt: 2 })
    expect(await put('pi/a', null, 'same', { receivedAt: 3, dup: true })).toMatchObject({
      kind: 'duplicate',
      frame: { capturedAt: first.frame.capturedAt },
    })
    // A camera that sees the same picture twice has two frames.
    expect((await put('pi/a', null, 'same', { receivedAt: 4 })).kind).toBe('stored')
  })
})

describe('what is unfinished', () => {
  test('is listed newest first, page by page, and counted', async () => {
    const { put, store } = await open()
    for (const time of [30, 10, 50, 20, 40]) await put('pi/a', time, `${time}`)
    await put('pi/b', 5, 'b')
    expect(await pendingTimes(store, 'pi/a')).toEqual([50, 40, 30, 20, 10])
    expect((await store.pending('pi/a', 40, 2)).map(({ capturedAt }) => capturedAt)).toEqual([30, 20])
    expect(await store.pendingCounts()).toEqual(expect.arrayContaining([{ camera: 'pi/a', count: 5 }]))
  })

  test('ends with finish, which may be repeated, and stays so after opening again', async () => {
    const { put, store, folder } = await open()
    const { frame } = await put('pi/a', 1, 'one')
    await put('pi/a', 2, 'two')
    await store.finish([frame])
    await store.finish([frame])
    await store.close()
    const again = await open(folder)
    expect(await pendingTimes(again.store, 'pi/a')).toEqual([2])
    expect((await again.put('pi/a', 1, 'one')).kind).toBe('duplicate')
  })
})

describe('files', () => {
  const BIG = 'x'.repeat(200_000)

  test('a full file is followed by another of the day; frames are found across all of them', async () => {
    const { put, store, folder } = await open(undefined, 300_000)
    for (let time = 1; time <= 6; time++) await put('pi/a', time, `${time}${BIG}`)
    const names = readdirSync(folder).filter((name) => name.endsWith('.db'))
    const day = new Date().toISOString().slice(0, 10)
    expect(names).toEqual(expect.arrayContaining([`${day}-1.db`, `${day}-2.db`, `${day}-3.db`]))
    expect(await pendingTimes(store, 'pi/a')).toEqual([6, 5, 4, 3, 2, 1])
    expect((await put('pi/a', 1, `1${BIG}`)).kind).toBe('duplicate')
    expect((await bytesOf(folder, 'pi/a', 2))?.slice(0, 3)).toBe('2xx')
    const [oldest] = await store.pending('pi/a', 2, 1)
    await store.finish(oldest ? [oldest] : [])
    expect(await pendingTimes(store, 'pi/a')).toEqual([6, 5, 4, 3, 2])
  })

  test('whether frames are there is asked of many files at once, also while the tenth of a day grows', async () => {
    const { put, folder } = await open(undefined, 150_000)
    const archive = await Archive.open(folder)
    onTestFinished(() => archive.close())
    const of = (...times: number[]) => times.map((capturedAt) => ({ camera: 'pi/a', capturedAt }))
    for (let time = 1; time <= 9; time++) await put('pi/a', time, `${time}${BIG}`)
    await put('pi/a', 10, 'small')
    expect(readdirSync(folder).filter((name) => name.endsWith('-10.db'))).toHaveLength(1)
    expect(await archive.has(of(10, 12, 1, 9, 0, 1))).toEqual([true, false, true, true, false, true])
    await put('pi/a', 12, 'small')
    expect(await archive.has(of(12, 11))).toEqual([true, false])
    expect(await archive.has([{ camera: 'pi/b', capturedAt: 5 }, ...of(5)])).toEqual([false, true])
    expect(await archive.find('pi/a', 12)).toMatchObject({ capturedAt: 12 })
  })

  test('a new day begins a new file; a clock that was set back does not', async () => {
    const folder = await temporaryFolder(onTestFinished)
    const yesterday = await open(folder)
    await yesterday.put('pi/a', 1, 'one')
    await yesterday.store.close()
    const { renameSync } = await import('node:fs')
    const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.db'))
    renameSync(`${folder}/${name}`, `${folder}/2001-02-03-1.db`)
    const today = await open(folder)
    await today.put('pi/a', 2, 'two')
    expect(readdirSync(folder).filter((one) => one.endsWith('.db'))).toEqual(['2001-02-03-1.db', name])
    await today.store.close()
    renameSync(`${folder}/${name}`, `${folder}/2999-12-31-4.db`)
    const back = await open(folder)
    await back.put('pi/a', 3, 'three')
    expect(readdirSync(folder).filter((one) => one.endsWith('.db'))).toEqual(['2001-02-03-1.db', '2999-12-31-4.db'])
    expect(await pendingTimes(back.store, 'pi/a')).toEqual([3, 2, 1])
  })
})

test('many frames share one commit', async () => {
  const { put } = await open()
  const puts = Array.from({ length: 400 }, (_, i) => put('pi/a', i + 1, `frame ${i}`))
  const commits = new Set((await Promise.all(puts)).map(({ frame }) => frame.storedAt))
  expect(commits.size).toBeLessThan(100)
})

test('killed in the middle of writing, all that was said to be stored is there', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const script = new URL('./frame-store-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const stored: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    stored.push(Number(line))
    if (stored.length === 100) child.kill('SIGKILL')
  }
  if (child.signalCode === null) await once(child, 'exit')
  const { store, put } = await open(folder)
  const there = new Set(await pendingTimes(store, 'pi/cam'))
  expect(stored.length).toBeGreaterThanOrEqual(100)
  expect(stored.filter((time) => !there.has(time))).toEqual([])
  expect((await put('pi/cam', null, 'goes on')).kind).toBe('stored')
})
