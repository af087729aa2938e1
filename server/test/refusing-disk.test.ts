import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { until } from './running-server.ts'
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

const mayMount = process.getuid?.() === 0

test.runIf(mayMount)('a full disk', { timeout: 30_000 }, async () => {
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

test.runIf(mayMount)('closing does not wait for a full disk: what was not stored is told so', async () => {
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
