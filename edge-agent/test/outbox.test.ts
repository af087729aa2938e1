import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mountedFolder } from '../../test/setup/mounted.ts'
import type { Clock } from '../src/clock.ts'
import { type Filed, type Gone, ItemFiles } from '../src/outbox/files.ts'
import { Outbox, type OutboxLimits } from '../src/outbox/outbox.ts'
import { notebook, quiet, SleepingClock, temporaryFolder } from './places.ts'

const plenty = { maxBytes: 1_000_000_000, maxFrames: 1000 }
const jpeg = (size: number, fill = 1) => new Uint8Array(size).fill(fill)
const at = (atMs: number, source = 'cam') => ({ kind: 'frame' as const, source, atMs })

async function openOutbox(folder: string, limits: OutboxLimits = plenty, files?: ItemFiles, clock?: Clock) {
  const outbox = new Outbox({ folder, limits, log: quiet, ...(files ? { files } : {}), ...(clock ? { clock } : {}) })
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
  expect([outbox.frames, outbox.bytes, outbox.dropped]).toEqual([0, 0, 0])
  expect(await outbox.put(at(2), jpeg(10))).toBe(false)
  expect([outbox.frames, outbox.bytes, outbox.dropped]).toEqual([0, 0, 1])
  expect(log.lines.join()).toContain('read-only file system')
})

test('a real file system that is full', async (context) => {
  const folder = await mountedFolder('size=1m', context)
  const outbox = await openOutbox(join(folder, 'outbox'))
  for (let time = 1; time <= 30; time++) {
    expect(await outbox.put(at(time), jpeg(100_000, time), { important: time <= 2 })).toBe(true)
  }
  expect(outbox.frames + outbox.dropped).toBe(30)
  // As SIGKILL leaves it, the counts are written on a disk with nothing free.
  const again = await openOutbox(join(folder, 'outbox'))
  expect([again.frames, again.dropped]).toEqual([outbox.frames, outbox.dropped])
  await again.close()
  const kept = takeAll(outbox)
  const ids = kept.map(({ atMs }) => atMs)
  expect([...ids].sort((a, b) => a - b)).toEqual([
    1,
    2,
    ...Array.from({ length: ids.length - 2 }, (_, i) => 33 - ids.length + i),
  ])
  for (const frame of kept) expect((await outbox.read(frame)).byteLength).toBe(100_000)
  expect(kept.length).toBeGreaterThanOrEqual(8)
  await outbox.close()
})

test('frames and readings are bounded together, and the important ones go last, also after a restart', async () => {
  const folder = await temporaryFolder()
  const before = await openOutbox(folder, { ...plenty, maxFrames: 16 })
  for (let time = 1; time <= 10; time++) await before.put(at(time), jpeg(1), { important: time <= 3 })
  await before.put({ kind: 'reading', source: 'cam', atMs: 1 }, jpeg(1), { important: true })
  for (let time = 2; time <= 6; time++) await before.put({ kind: 'reading', source: 'cam', atMs: time }, jpeg(1))
  expect([before.frames, before.readings, before.dropped]).toEqual([10, 6, 0])
  const outbox = await openOutbox(folder, { ...plenty, maxFrames: 16 })
  for (let time = 11; time <= 22; time++) await outbox.put(at(time), jpeg(1), { important: time >= 20 })
  expect([outbox.droppedOf('cam'), outbox.droppedOf('cam', 'reading'), outbox.dropped]).toEqual([7, 5, 12])
  await outbox.put(at(23), jpeg(1), { important: true })
  const left = takeAll(outbox).map(({ kind, atMs }) => `${kind} ${atMs}`)
  const frames = [1, 2, 3, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23].map((time) => `frame ${time}`)
  expect(left.sort()).toEqual([...frames, 'reading 1'].sort())
})

test('when only important ones are left, the oldest of them goes', async () => {
  const outbox = await openOutbox(await temporaryFolder(), { ...plenty, maxFrames: 3 })
  for (const time of [1, 2, 3, 4]) await outbox.put(at(time), jpeg(1), { important: true })
  await outbox.put(at(5), jpeg(1))
  expect(times(outbox)).toEqual([3, 4, 5])
})

test('a protected span makes frames important: those that wait, are parked, are being sent, being written, and come', async () => {
  const folder = await temporaryFolder()
  const outbox = await openOutbox(folder)
  const sensor = { kind: 'reading', source: 'cam', atMs: 6 } as const
  for (let time = 1; time <= 5; time++) await outbox.put(at(time), jpeg(1))
  await outbox.put(at(4, 'other'), jpeg(1))
  await outbox.put(sensor, jpeg(1))
  const [first, second] = [outbox.take(), outbox.take()]
  if (!first || !second) expect.fail()
  outbox.park(second, 100)
  const writing = outbox.put(at(6), jpeg(1))
  // The two clocks are read one after the other, so an end is sharp to some milliseconds.
  outbox.protect({ fromMs: -100, toMs: 100 }, 'cam')
  outbox.release(first)
  await writing
  for (const time of [7, 8, 900]) await outbox.put(at(time), jpeg(1))
  outbox.unpark(100)
  const taken = takeAll(outbox)
  for (const item of taken) expect(await outbox.read(item)).toHaveLength(1)
  const ids = (which: boolean) =>
    taken.filter(({ important }) => important === which).map(({ kind, source, atMs }) => `${kind} ${source} ${atMs}`)
  expect(ids(false).sort()).toEqual(['frame cam 900', 'frame other 4', 'reading cam 6'])
  await outbox.close()
  const again = takeAll(await openOutbox(folder))
  expect(again.filter(({ important }) => important)).toHaveLength(8)
})

test('a span of all cameras', async () => {
  const outbox = await openOutbox(await temporaryFolder())
  for (const camera of ['a', 'b']) for (const time of [1, 2, 3]) await outbox.put(at(time, camera), jpeg(1))
  outbox.protect({ fromMs: 2, toMs: 2 })
  expect(takeAll(outbox).filter(({ important }) => important)).toHaveLength(2)
})

test('the counts of what was dropped are there after any restart, by source', async () => {
  const folder = await temporaryFolder()
  const first = await openOutbox(folder, { ...plenty, maxFrames: 16 })
  for (let time = 1; time <= 100; time++) await first.put(at(time, time % 4 ? 'cam' : 'other'), jpeg(1))
  // As SIGKILL leaves it: `first` is not closed.
  expect((await readdir(folder)).filter((name) => name.includes('.gone'))).toHaveLength(84 - 64)
  const second = await openOutbox(folder, { ...plenty, maxFrames: 16 })
  expect([second.dropped, second.droppedOf('cam'), second.droppedOf('other')]).toEqual([84, 63, 21])
  await second.put(at(101), jpeg(1))
  await second.close()
  expect((await readdir(folder)).filter((name) => name.includes('.gone'))).toEqual([])
  const third = await openOutbox(folder)
  expect([third.dropped, third.droppedOf('cam'), third.droppedOf('other')]).toEqual([85, 64, 21])
})

test('a crash at any step of writing down the counts loses none and counts none twice', async () => {
  class Interrupted extends ItemFiles {
    override async bury(): Promise<void> {
      throw new Error('the power is gone')
    }
  }
  const folder = await temporaryFolder()
  const limits = { ...plenty, maxFrames: 16 }
  const first = await openOutbox(folder, limits, new Interrupted(folder))
  for (let time = 1; time <= 40; time++) await first.put(at(time), jpeg(1))
  await first.close() // the counts are written, and the empty files of what they count are still there
  expect((await readdir(folder)).filter((name) => name.includes('.gone1'))).toHaveLength(24)
  class Unwritable extends ItemFiles {
    override async writeRecord(): Promise<void> {
      throw new Error('the disk is broken')
    }
  }
  const second = await openOutbox(folder, limits, new Unwritable(folder))
  expect(second.dropped).toBe(24)
  for (let time = 41; time <= 50; time++) await second.put(at(time), jpeg(1))
  await second.close() // and now they cannot be written
  const third = await openOutbox(folder, limits)
  expect([third.dropped, third.frames]).toEqual([34, 16])
  await third.close()
  expect((await openOutbox(folder, limits)).dropped).toBe(34)
})

test('counts and generations that a disk has garbled are none', async () => {
  const folder = await temporaryFolder()
  const garbled = '{"folded":1e999,"counts":{"frame cam":-3,"frame other":2.5,"frame good":2,"__proto__":{}}}'
  await writeFile(join(folder, 'dropped.json'), garbled)
  await writeFile(join(folder, 'cam.5.jpg.gone99999999999999999999'), '')
  const outbox = await openOutbox(folder, { ...plenty, maxFrames: 16 })
  for (let time = 1; time <= 17; time++) await outbox.put(at(time), jpeg(1))
  expect([outbox.dropped, outbox.droppedOf('cam'), outbox.droppedOf('good')]).toEqual([3, 1, 2])
  await outbox.close()
  expect((await openOutbox(folder)).dropped).toBe(3)
})

test('what is too old is dropped, important or not; but not by a clock that nobody trusts', async () => {
  const folder = await temporaryFolder()
  const clock = new SleepingClock()
  let trusted = false
  const limits = { ...plenty, maxAgeMs: 60_000 }
  const outbox = new Outbox({ folder, limits, log: quiet, clock, clockIsRight: () => trusted })
  await outbox.start()
  onTestFinished(() => outbox.close())
  for (let i = 0; i < 10; i++, await clock.sleep(10_000)) {
    await outbox.put(at(clock.now()), jpeg(1), { important: i === 0 })
  }
  expect([outbox.frames, outbox.dropped]).toEqual([10, 0])
  trusted = true
  await outbox.tend()
  expect([outbox.frames, outbox.dropped]).toEqual([6, 4])
  await clock.sleep(30_000)
  await outbox.put(at(clock.now()), jpeg(1)) // looks by itself, now and then
  expect([outbox.frames, outbox.dropped]).toEqual([4, 7])
})

test('an outbox of before there were readings is taken over', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'cam.7.jpg'), 'picture')
  await writeFile(join(folder, 'old.5.last'), '')
  await writeFile(join(folder, 'old.6.tmp'), 'half')
  const outbox = await openOutbox(folder)
  expect([outbox.frames, outbox.lastId('frame', 'cam'), outbox.lastId('frame', 'old')]).toEqual([1, 7, 5])
  await outbox.put(at(6, 'old'), jpeg(1))
  expect((await readdir(folder)).sort()).toEqual(['cam.7.jpg', 'old.6.jpg'])
})
