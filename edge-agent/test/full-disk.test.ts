import { statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mountedFolder } from '../../test/setup/mounted.ts'
import { ItemFiles } from '../src/outbox/files.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { connected } from './connected-agent.ts'
import { notebook, quiet, SleepingClock, temporaryFolder, until } from './places.ts'

const plenty = { maxBytes: 1_000_000_000, maxFrames: 1000 }
const jpeg = (size: number, fill = 1) => new Uint8Array(size).fill(fill)
const at = (atMs: number, source = 'cam') => ({ kind: 'frame' as const, source, atMs })

function times(outbox: Outbox): number[] {
  const taken = []
  for (let frame = outbox.take(); frame; frame = outbox.take()) taken.push(frame.atMs)
  return taken
}

/** A disk that others fill as well. */
class SharedDisk extends ItemFiles {
  free = 10_000
  asked = 0
  total = 1e9
  override async disk(): Promise<{ freeBytes: number; totalBytes: number }> {
    this.asked++
    return { freeBytes: this.free, totalBytes: this.total }
  }
}

test('where little of the disk is free, old items go, important ones last; but for eight, so that what is sent at once goes on', async () => {
  const folder = await temporaryFolder()
  const clock = new SleepingClock()
  const files = new SharedDisk(folder)
  const outbox = new Outbox({ folder, limits: { ...plenty, minFreeBytes: 5000 }, log: quiet, clock, files })
  onTestFinished(() => outbox.close())
  await outbox.start()
  const put = (time: number) => outbox.put(at(time), jpeg(1000), { important: time === 1 })
  files.free = 18_000
  // Between two looks, the first at the first, what is written counts: the fourteenth would leave too little.
  for (let time = 1; time <= 14; time++) expect(await put(time)).toBe(true)
  expect([outbox.frames, outbox.dropped, files.asked]).toEqual([13, 1, 1])
  await clock.sleep(2000)
  files.free = 3500 // somebody else has written much
  expect(await put(15)).toBe(true)
  expect([outbox.frames, outbox.dropped, files.asked]).toEqual([11, 4, 2])
  await clock.sleep(2000)
  files.free = 100
  for (let time = 16; time <= 40; time++) expect(await put(time)).toBe(true)
  expect([outbox.frames, outbox.dropped]).toEqual([8, 32])
  expect(times(outbox)).toEqual([1, 34, 35, 36, 37, 38, 39, 40])
})

test('of what is being sent nothing is dropped for want of room on the disk, and no more than it is kept then', async () => {
  const folder = await temporaryFolder()
  const files = new SharedDisk(folder)
  files.free = 0
  const log = notebook()
  const outbox = new Outbox({ folder, limits: { ...plenty, minFreeBytes: 5000 }, log, files })
  onTestFinished(() => outbox.close())
  await outbox.start()
  for (let time = 1; time <= 8; time++) {
    expect(await outbox.put(at(time), jpeg(1000))).toBe(true)
    expect(outbox.take()).not.toBeNull()
  }
  expect(await outbox.put(at(9), jpeg(1000))).toBe(false)
  expect([outbox.frames, outbox.dropped]).toEqual([8, 0]) // it waits in memory
  expect(await outbox.put(at(10), jpeg(1000))).toBe(false)
  expect([outbox.frames, outbox.dropped]).toEqual([8, 1])
  expect(times(outbox)).toEqual([10])
  expect(log.lines.join()).toContain('less than outbox.minFreeBytes of the disk is free: 0.0 MB, not 0.0 MB')
})

test('what a full disk does not take is sent from memory, the newest of each source; what it has to go for is counted', async () => {
  const folder = await temporaryFolder()
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  class FullDisk extends ItemFiles {
    isFull = true
    override async write(...parts: Parameters<ItemFiles['write']>): Promise<void> {
      if (this.isFull) throw full
      await super.write(...parts)
    }
  }
  const files = new FullDisk(folder)
  let told = 0
  const outbox = new Outbox({ folder, limits: plenty, log: quiet, files, onFault: () => told++ })
  await outbox.start()
  const bytes = jpeg(10)
  for (let time = 1; time <= 3; time++) expect(await outbox.put(at(time), bytes)).toBe(false)
  await outbox.put(at(7, 'other'), bytes)
  bytes.fill(0) // nobody else's bytes are sent
  expect([outbox.items, outbox.frames, outbox.dropped, told]).toEqual([2, 0, 2, 1])
  expect(outbox.fault).toMatch(/^disk: what is taken cannot be kept, .*ENOSPC/)

  const first = outbox.take() ?? expect.fail()
  expect([first.atMs, Buffer.from(await outbox.read(first))]).toEqual([3, Buffer.from(jpeg(10))])
  outbox.release(first) // the connection closed: it waits again
  const again = [outbox.take(), outbox.take(), outbox.take()]
  expect(again.map((item) => item?.atMs)).toEqual([7, 3, undefined])
  await outbox.put(at(4), jpeg(10)) // while the third is being sent
  outbox.release(first) // and has to go for it
  expect([outbox.items, outbox.dropped]).toEqual([2, 3])
  const newest = outbox.take() ?? expect.fail()
  await outbox.delivered(newest)
  expect([newest.atMs, outbox.deliveredOf('cam'), outbox.items]).toEqual([4, 1, 1])

  files.isFull = false
  expect(await outbox.put(at(8), jpeg(10))).toBe(true)
  expect([outbox.fault, told]).toEqual([null, 2])
  await outbox.put(at(9), jpeg(10))
  outbox.release(again[0] ?? expect.fail())
  await outbox.close() // what memory holds is lost with it, and counted
  const next = new Outbox({ folder, limits: plenty, log: quiet })
  onTestFinished(() => next.close())
  await next.start()
  expect([next.dropped, next.frames]).toEqual([4, 2])
})

test('of a small disk at most a tenth has to stay free', async () => {
  const folder = await temporaryFolder()
  const files = new SharedDisk(folder)
  files.free = 30_000
  files.total = 50_000
  const outbox = new Outbox({ folder, limits: { ...plenty, minFreeBytes: 1e6 }, log: quiet, files })
  onTestFinished(() => outbox.close())
  await outbox.start()
  for (let time = 1; time <= 20; time++) await outbox.put(at(time), jpeg(1000))
  expect([outbox.frames, outbox.dropped, outbox.fault]).toEqual([20, 0, null])
})

test('an agent on a disk that is full sends its pictures and readings all the same, and its status says what is wrong', async (context) => {
  const dataDir = await mountedFolder('size=1m', context)
  const { bavail, bsize } = await statfs(dataDir)
  const path = await temporaryFolder()
  for (let i = 0; i < 6; i++) await writeFile(join(path, `${i}.jpg`), jpeg(20_000, i))
  const cameras = [{ name: 'cam', driver: 'folder', path, intervalMs: 50, loop: true }]
  const sensors = [{ name: 'card', driver: 'disk', intervalMs: 1000 }]
  const { agent, broker, framesOf, log } = await connected(cameras, { dataDir, sensors })
  await until(() => framesOf('cam') > 2)
  const filled = async () => {
    // What the outbox holds at the moment may go and leave some room.
    await writeFile(join(dataDir, 'somebody-elses'), jpeg(bavail * bsize)).catch(() => {})
    return (await agent.status()).fault?.includes('ENOSPC') ?? false
  }
  while (!(await filled())) await new Promise((resolve) => setTimeout(resolve, 20))
  const before = framesOf('cam')
  await until(() => framesOf('cam') > before + 5)
  await until(() => JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}').fault !== null)
  const { fault } = JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}')
  expect(fault).toMatch(/^disk: .*(ENOSPC|minFreeBytes)/)
  expect(log.lines.join('\n')).toContain('free some space')
})
