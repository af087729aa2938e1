import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Filed, type Gone, ItemFiles } from '../src/outbox/files.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { notebook, quiet, temporaryFolder } from './places.ts'

const plenty = { maxBytes: 1_000_000_000, maxFrames: 1000 }
const jpeg = (size: number, fill = 1) => new Uint8Array(size).fill(fill)
const at = (atMs: number, source = 'cam') => ({ kind: 'frame' as const, source, atMs })

async function openOutbox(folder: string, limits = plenty, files?: ItemFiles) {
  const outbox = new Outbox({ folder, limits, log: quiet, ...(files ? { files } : {}) })
  onTestFinished(() => outbox.close())
  await outbox.start()
  return outbox
}

function takeAll(outbox: Outbox) {
  const taken = []
  for (let frame = outbox.take(); frame; frame = outbox.take()) taken.push(frame)
  return taken
}

const times = (outbox: Outbox) => takeAll(outbox).map(({ atMs }) => atMs)

test('what was put is there after a restart, whole and in order; what a crash left half-written is swept', async () => {
  const folder = await temporaryFolder()
  const before = await openOutbox(folder)
  await Promise.all([3, 1, 2].map((time) => before.put(at(time), jpeg(10 * time, time))))
  await writeFile(join(folder, 'cam.4.tmp'), 'half')
  const outbox = await openOutbox(folder)
  expect([outbox.frames, outbox.bytes]).toEqual([3, 60])
  expect(await readdir(folder)).not.toContain('cam.4.tmp')
  const frames = takeAll(outbox)
  expect(frames.map(({ atMs }) => atMs)).toEqual([1, 2, 3])
  for (const frame of frames) {
    expect(new Uint8Array(await outbox.read(frame))).toEqual(jpeg(frame.bytes, frame.atMs))
  }
})

test('frames put at once become visible in the order they were put', async () => {
  const outbox = await openOutbox(await temporaryFolder())
  const seen: number[] = []
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((t) => outbox.put(at(t), jpeg(t % 2 ? 500_000 : 10)).then(() => seen.push(t))),
  )
  expect(seen).toEqual([1, 2, 3, 4, 5, 6])
})

test('a delivered frame is gone, and the last id of its camera is known after any restart', async () => {
  const folder = await temporaryFolder()
  const before = await openOutbox(folder)
  for (const time of [7, 8]) await before.put(at(time), jpeg(5))
  for (const frame of takeAll(before)) await before.delivered(frame)
  expect([before.frames, before.bytes]).toEqual([0, 0])
  const outbox = await openOutbox(folder)
  expect([outbox.frames, outbox.lastId('frame', 'cam'), outbox.lastId('frame', 'other')]).toEqual([0, 8, 0])
  await outbox.put(at(9), jpeg(5))
  expect(await readdir(folder)).toEqual(['cam.9.jpg'])
})

test('also a dropped frame leaves its name while it is the last of its camera', async () => {
  const folder = await temporaryFolder()
  const before = await openOutbox(folder, { ...plenty, maxBytes: 1000 })
  await before.put(at(7), jpeg(900))
  await before.put(at(1, 'other'), jpeg(900))
  expect(before.dropped).toBe(1)
  const outbox = await openOutbox(folder)
  expect([outbox.frames, outbox.lastId('frame', 'cam'), outbox.lastId('frame', 'other')]).toEqual([1, 7, 1])
})

test('of two names a crash left behind the newer one counts', async () => {
  const folder = await temporaryFolder()
  for (const name of ['cam.5.last', 'cam.6.last']) await writeFile(join(folder, name), '')
  const outbox = await openOutbox(folder)
  expect(outbox.lastId('frame', 'cam')).toBe(6)
  expect(await readdir(folder)).toEqual(['cam.6.jpg.last'])
})

test('over the bound in frames the oldest are dropped and counted exactly', async () => {
  const folder = await temporaryFolder()
  const outbox = await openOutbox(folder, { ...plenty, maxFrames: 20 })
  for (let time = 1; time <= 75; time++) expect(await outbox.put(at(time), jpeg(10))).toBe(true)
  expect([outbox.frames, outbox.bytes, outbox.dropped]).toEqual([20, 200, 55])
  expect((await readdir(folder)).filter((name) => name.endsWith('.jpg'))).toHaveLength(20)
  expect(times(outbox)).toEqual(Array.from({ length: 20 }, (_, i) => 56 + i))
})

test('over the bound in bytes the oldest are dropped, and frames being sent are not', async () => {
  const outbox = await openOutbox(await temporaryFolder(), { ...plenty, maxBytes: 1000 })
  for (const time of [1, 2, 3, 4]) await outbox.put(at(time), jpeg(250))
  expect(outbox.take()?.atMs).toBe(1)
  await outbox.put(at(5), jpeg(600))
  expect([outbox.bytes, outbox.dropped]).toEqual([850, 3])
  expect(times(outbox)).toEqual([5])
})

test('a frame that cannot fit is dropped itself, counted, and nothing else is', async () => {
  const outbox = await openOutbox(await temporaryFolder(), { ...plenty, maxBytes: 1000 })
  await outbox.put(at(1), jpeg(400))
  expect(await outbox.put(at(2), jpeg(1001))).toBe(false)
  expect([outbox.frames, outbox.dropped]).toEqual([1, 1])
})

test('a lowered bound holds from the start', async () => {
  const folder = await temporaryFolder()
  const before = await openOutbox(folder)
  for (const time of [1, 2, 3]) await before.put(at(time), jpeg(10))
  const outbox = await openOutbox(folder, { ...plenty, maxFrames: 2 })
  expect(outbox.dropped).toBe(1)
  expect(times(outbox)).toEqual([2, 3])
})

/** A disk of so many bytes. */
class SmallDisk extends ItemFiles {
  free = 1000

  override async write(filed: Filed, bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength > this.free) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    this.free -= bytes.byteLength
    await super.write(filed, bytes)
  }

  override async drop(gone: Gone): Promise<void> {
    this.free += (await this.read(gone)).byteLength
    await super.drop(gone)
  }
}

test('on a full disk the oldest frames make room', async () => {
  const folder = await temporaryFolder()
  const outbox = await openOutbox(folder, plenty, new SmallDisk(folder))
  for (const time of [1, 2, 3, 4]) expect(await outbox.put(at(time), jpeg(300))).toBe(true)
  expect([outbox.frames, outbox.dropped]).toEqual([3, 1])
  expect(times(outbox)).toEqual([2, 3, 4])
})

test('on a disk that cannot be written a frame is dropped, counted and said, and the agent lives', async () => {
  class DeadDisk extends ItemFiles {
    override write(): Promise<void> {
      return Promise.reject(Object.assign(new Error('read-only file system'), { code: 'EROFS' }))
    }
  }
  const folder = await temporaryFolder()
  const log = notebook()
  const outbox = new Outbox({ folder, limits: plenty, log, files: new DeadDisk(folder) })
  await outbox.start()
  expect(await outbox.put(at(1), jpeg(10))).toBe(false)
  expect([outbox.frames, outbox.bytes, outbox.dropped]).toEqual([0, 0, 1])
  expect(log.lines.join()).toContain('read-only file system')
})

test('a real file system that is full', async (context) => {
  const folder = join(await temporaryFolder(), 'small')
  await mkdir(folder)
  const run = promisify(execFile)
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  if (!mounted) return context.skip('mounting needs root')
  onTestFinished(async () => {
    await run('umount', [folder])
  })
  const outbox = await openOutbox(join(folder, 'outbox'))
  for (let time = 1; time <= 30; time++) expect(await outbox.put(at(time), jpeg(100_000, time))).toBe(true)
  expect(outbox.frames + outbox.dropped).toBe(30)
  const kept = takeAll(outbox)
  expect(kept.at(-1)?.atMs).toBe(30)
  for (const frame of kept) expect((await outbox.read(frame)).byteLength).toBe(100_000)
  expect(kept.length).toBeGreaterThanOrEqual(8)
  await outbox.close()
})
