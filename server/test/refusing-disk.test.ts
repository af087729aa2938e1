import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A disk that refuses holds frames, says so, and nothing is lost when it works again. */

const frame = (capturedAt: number | null, bytes = 20_000) => {
  const jpeg = new Uint8Array(bytes).fill((capturedAt ?? 0) % 256)
  return { camera: 'pi/a', capturedAt, receivedAt: 1, dup: false, jpeg }
}

/** A file system of 4 MB where we may mount one. */
async function tinyDisk(): Promise<string> {
  const folder = await temporaryFolder(onTestFinished)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  onTestFinished(async () => void execFileSync('umount', ['-l', folder]))
  return folder
}

function fill(folder: string) {
  expect(() => writeFileSync(`${folder}/ballast`, new Uint8Array(5_000_000))).toThrow('ENOSPC')
}

test('a full disk', { timeout: 30_000 }, async (context) => {
  needs(process.getuid?.() === 0, 'a file system of its own needs root', context)
  const folder = await tinyDisk()
  const told: (string | null)[] = []
  const store = await FrameStore.open(folder, (why) => told.push(why))
  onTestFinished(() => store.close())
  await store.put(frame(1))
  fill(folder)

  const stored: number[] = []
  const puts = Array.from({ length: 10 }, async (_, i) => {
    const put = await store.put(frame(null, 20_000 + i))
    stored.push(put.frame.capturedAt)
  })
  await until(() => store.held)
  expect(store.held).toMatch(/full/)
  expect(stored).toEqual([])
  rmSync(`${folder}/ballast`)
  await Promise.all(puts)
  // Times go on from what is stored, not from what was tried.
  expect(stored).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  expect(store.held).toBeNull()
  expect(told).toEqual([expect.stringMatching(/full/), null])
  expect(await store.pending('pi/a', 1000, 100)).toHaveLength(11)
})

test('a frame is given up in time, and the disk is tried on without it', { timeout: 30_000 }, async (context) => {
  needs(process.getuid?.() === 0, 'a file system of its own needs root', context)
  const folder = await tinyDisk()
  const store = await FrameStore.open(folder, () => {})
  onTestFinished(() => store.close())
  await store.put(frame(1))
  fill(folder)
  const waits = store.put(frame(3))
  expect((await store.put(frame(2), Date.now() + 600)).kind).toBe('given_up')
  expect(store.held).toMatch(/full/)
  rmSync(`${folder}/ballast`)
  expect((await waits).kind).toBe('stored')
  fill(folder)
  // Now nothing waits that could find out.
  expect((await store.put(frame(4), Date.now() + 600)).kind).toBe('given_up')
  rmSync(`${folder}/ballast`)
  await until(() => store.held === null)
  expect((await store.pending('pi/a', 1000, 100)).map(({ capturedAt }) => capturedAt)).toEqual([3, 1])
})

test('a frame that nobody waits for any more is not stored, though the disk works', async () => {
  const store = await FrameStore.open(await temporaryFolder(onTestFinished), () => {})
  onTestFinished(() => store.close())
  expect(await store.put(frame(1), Date.now() - 1)).toEqual({ kind: 'given_up' })
  expect(await store.pending('pi/a', 1000, 100)).toEqual([])
})

test('over HTTP a disk that refuses is told at once, and a frame sent again is there once', {
  timeout: 30_000,
}, async () => {
  const server = await RunningServer.start(onTestFinished)
  await server.send('pi/cam', await plainJpeg())
  const frames = `${server.dataDir}/frames`
  const [name = ''] = readdirSync(frames).filter((one) => one.endsWith('.db'))
  const other = new DatabaseSync(`${frames}/${name}`)
  other.exec('begin exclusive')
  const jpeg = await plainJpeg(1)
  const waits = server.call('POST', '/api/cameras/pi/cam/frames', jpeg)
  await until(async () => (await server.call('GET', '/api/health/ready')).status === 503)
  const refused = {
    status: 503,
    body: { error: { code: 'storage_held', message: expect.stringMatching(/not stored/) } },
  }
  expect(await server.call('POST', '/api/cameras/pi/cam/frames', jpeg)).toMatchObject(refused)
  expect(await waits).toMatchObject(refused)
  other.exec('rollback')
  other.close()
  await until(async () => (await server.call('GET', '/api/health/ready')).status === 200)
  await server.ended(await server.send('pi/cam', jpeg))
  expect((await server.call('GET', '/api/frames?camera=pi/cam')).body.items).toHaveLength(2)
})

test('a file that somebody else has locked', { timeout: 30_000 }, async () => {
  const folder = await temporaryFolder(onTestFinished)
  const store = await FrameStore.open(folder, () => {})
  onTestFinished(() => store.close())
  await store.put(frame(1))
  const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.db'))
  const other = new DatabaseSync(`${folder}/${name}`)
  other.exec('begin exclusive')
  const put = store.put(frame(2))
  await until(() => store.held)
  other.exec('rollback')
  other.close()
  expect((await put).kind).toBe('stored')
})

test('closing does not wait for a full disk: what was not stored is told so', async (context) => {
  needs(process.getuid?.() === 0, 'a file system of its own needs root', context)
  const folder = await tinyDisk()
  const store = await FrameStore.open(folder, () => {})
  await store.put(frame(1))
  fill(folder)
  const put = store.put(frame(2)).then(
    () => 'stored',
    (error) => error.code,
  )
  await until(() => store.held)
  await store.close()
  expect(await put).toBe('thread_closed')
  await expect(store.put(frame(3))).rejects.toMatchObject({ code: 'thread_closed' })
})
