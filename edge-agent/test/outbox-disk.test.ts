import { expect, onTestFinished, test } from 'vitest'
import { ItemFiles } from '../src/outbox/files.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { notebook, quiet, SleepingClock, temporaryFolder } from './places.ts'

/** What the disk and the clock do to an outbox whose other bounds are far. */

const plenty = { maxBytes: 1e9, maxFrames: 1000 }
const at = (atMs: number) => ({ kind: 'frame', source: 'cam', atMs }) as const
const jpeg = (size: number) => new Uint8Array(size)

/** The times of all that waits, in order. */
function times(outbox: Outbox): number[] {
  const found: number[] = []
  for (let item = outbox.take(); item; item = outbox.take()) found.push(item.atMs)
  return found
}

/** A disk that others fill as well. */
class SharedDisk extends ItemFiles {
  free = 10_000
  asked = 0
  override async freeBytes(): Promise<number> {
    this.asked++
    return this.free
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
  // Between two looks, the first at the ninth, what is written counts: after five more there would be too little.
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
  expect([outbox.frames, outbox.dropped]).toEqual([8, 1])
  expect(log.lines.join()).toContain('less than outbox.minFreeBytes is free')
})

test('a clock that is set a month ahead for a while makes nothing too old', async () => {
  const clock = new SleepingClock()
  let aheadMs = 0
  const set = {
    now: () => clock.now() + aheadMs,
    monotonic: () => clock.monotonic(),
    sleep: (ms: number) => clock.sleep(ms),
  }
  const limits = { ...plenty, maxAgeMs: 7 * 86_400_000 }
  const outbox = new Outbox({ folder: await temporaryFolder(), limits, log: quiet, clock: set })
  onTestFinished(() => outbox.close())
  await outbox.start()
  for (let i = 0; i < 10; i++, await clock.sleep(60_000)) await outbox.put(at(set.now()), jpeg(1))
  aheadMs = 30 * 86_400_000
  for (let minute = 0; minute < 59; minute++, await clock.sleep(60_000)) await outbox.tend()
  aheadMs = 0
  await outbox.tend()
  expect([outbox.frames, outbox.dropped]).toEqual([10, 0])
  // One that stays there was wrong before.
  aheadMs = 30 * 86_400_000
  for (let minute = 0; minute < 62; minute++, await clock.sleep(60_000)) await outbox.tend()
  expect([outbox.frames, outbox.dropped]).toEqual([0, 10])
})
