import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type ClockTrust, instantOf } from '../src/clock.ts'
import { ItemFiles } from '../src/outbox/files.ts'
import { Intake } from '../src/outbox/intake.ts'
import type { Item } from '../src/outbox/item.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { notebook, SleepingClock, temporaryFolder, until } from './places.ts'

const HOUR = 3_600_000
const NOON = Date.parse('2026-11-21T12:00:00Z')

/** A machine whose clock stands in 1970 until somebody sets it. Time passes only by `pass`. */
class PatientClock extends SleepingClock {
  override sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async pass(ms: number): Promise<void> {
    await super.sleep(ms)
  }
}

interface Machine {
  folder: string
  clock: PatientClock
  boot: string
  trust?: ClockTrust
  limits?: { maxBytes: number; maxFrames: number; maxAgeMs?: number }
  files?: ItemFiles
}

/** Starts outbox and intake on a machine; `die` leaves the folder as SIGKILL would. */
async function boot({
  folder,
  clock,
  trust = 'unset',
  limits = { maxBytes: 1e9, maxFrames: 1000 },
  ...parts
}: Machine) {
  const log = notebook()
  const state = { trust }
  const outbox = new Outbox({ folder, limits, log, clock, ...parts })
  await outbox.start()
  const intake = new Intake({ outbox, clock, clockTrust: () => state.trust, log })
  onTestFinished(() => intake.close())
  intake.start()
  const take = (source: string, important = false, kind: Item['kind'] = 'frame') =>
    intake.take({
      kind,
      source,
      takenAt: instantOf(clock),
      bytes: Buffer.from(`${source} ${clock.monotonic()}`),
      important,
    })
  return { outbox, intake, log, take, trust: (now: ClockTrust) => Object.assign(state, { trust: now }) }
}

function waiting(outbox: Outbox) {
  const items = []
  for (let item = outbox.take(); item; item = outbox.take()) items.push(item)
  return items
}

const times = (outbox: Outbox, source = 'cam') =>
  waiting(outbox)
    .filter((item) => item.source === source)
    .map(({ atMs }) => atMs)
    .sort((a, b) => a - b)

test('without a clock items wait; once it is trusted they have the times they were taken at, in order, and so has what comes', async () => {
  const clock = new PatientClock(0)
  const { outbox, intake, take, trust } = await boot({ folder: await temporaryFolder(), clock, boot: 'one' })
  expect(intake.waitsForClock).toBe(true)
  for (let i = 0; i < 5; i++) {
    expect(await take('cam')).toBe('untimed')
    expect(await take('door', false, 'reading')).toBe('untimed')
    await clock.pass(1000)
  }
  expect([intake.untimed, outbox.frames, outbox.readings, outbox.take()]).toEqual([10, 5, 5, null])
  clock.set(NOON) // five seconds after the first
  const takenBefore = { kind: 'frame', source: 'late', takenAt: { wallMs: 5000, monotonicMs: 5000 } } as const
  trust('synchronised')
  await until(() => !intake.waitsForClock)
  expect(intake.untimed).toBe(0)
  // What a driver took before, and hands over only now, has the time of then as well.
  expect(await intake.take({ ...takenBefore, bytes: Buffer.from('x') })).toEqual({ atMs: NOON })
  await clock.pass(1000)
  expect(await take('cam')).toEqual({ atMs: NOON + 1000 })
  const items = waiting(outbox)
  const of = (kind: string, source: string) => items.filter((item) => item.kind === kind && item.source === source)
  const five = [5, 4, 3, 2, 1].map((seconds) => NOON - seconds * 1000)
  expect(of('frame', 'cam').map(({ atMs }) => atMs)).toEqual([...five, NOON + 1000])
  expect(of('reading', 'door').map(({ atMs }) => atMs)).toEqual(five)
  expect(`${await outbox.read(of('frame', 'cam')[2] ?? expect.fail())}`).toBe('cam 2000')
  await outbox.close()
})

test('what comes while the times are given is not lost and overtakes nothing', async () => {
  const folder = await temporaryFolder()
  /** Renames one after the other, each when the test says so. */
  class SlowFiles extends ItemFiles {
    gates: (() => void)[] = []
    override async time(...args: Parameters<ItemFiles['time']>): Promise<void> {
      await new Promise<void>((resolve) => this.gates.push(resolve))
      await super.time(...args)
    }
  }
  const files = new SlowFiles(folder)
  const clock = new PatientClock(0)
  const { outbox, intake, take, trust } = await boot({ folder, clock, boot: 'one', files })
  for (let i = 0; i < 3; i++) {
    await take('cam')
    await clock.pass(1000)
  }
  clock.set(NOON)
  trust('plausible')
  let meanwhile = 0
  const kept: unknown[] = []
  while (intake.waitsForClock) {
    if (meanwhile++ < 4) {
      kept.push(take('cam'))
      await clock.pass(1000)
    }
    files.gates.shift()?.()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(kept)
  const all = times(outbox)
  expect(all).toEqual([-3, -2, -1, 0, 1, 2, 3].map((seconds) => NOON + seconds * 1000))
  await outbox.close()
})

test('after SIGKILL in the same boot the next agent gives the times', async () => {
  const folder = await temporaryFolder()
  const clock = new PatientClock(0)
  const first = await boot({ folder, clock, boot: 'one' })
  await first.take('cam')
  await clock.pass(2000)
  const second = await boot({ folder, clock, boot: 'one' })
  expect(second.intake.untimed).toBe(1)
  await second.take('cam')
  clock.set(NOON)
  second.trust('plausible')
  await until(() => !second.intake.waitsForClock)
  expect(times(second.outbox)).toEqual([NOON - 2000, NOON])
  await second.outbox.close()
})

test('killed while times are given, and the machine booted anew: the rest gets the times of its own boot, rising', async () => {
  const folder = await temporaryFolder()
  class DyingFiles extends ItemFiles {
    left = 2
    readonly over = Promise.withResolvers<void>()
    override async time(...args: Parameters<ItemFiles['time']>): Promise<void> {
      if (this.left-- <= 0) await this.over.promise
      else await super.time(...args)
    }
  }
  const clock = new PatientClock(0)
  const files = new DyingFiles(folder)
  const first = await boot({ folder, clock, boot: 'one', files })
  for (let i = 0; i < 5; i++) {
    await first.take('cam')
    await clock.pass(1000)
  }
  clock.set(NOON)
  first.trust('plausible')
  await until(() => files.left < 0)
  const later = new PatientClock(0)
  const second = await boot({ folder, clock: later, boot: 'two' })
  expect(second.intake.untimed).toBe(0)
  expect(times(second.outbox)).toEqual([5, 4, 3, 2, 1].map((seconds) => NOON - seconds * 1000))
  expect(second.outbox.dropped).toBe(0)
  await second.outbox.close()
  files.over.resolve()
})

test('what an earlier boot left, of which nobody knows when it was, is dropped, counted and said', async () => {
  const folder = await temporaryFolder()
  const first = await boot({ folder, clock: new PatientClock(0), boot: 'one' })
  await first.take('cam')
  await first.take('door', true, 'reading')
  const second = await boot({ folder, clock: new PatientClock(0), boot: 'two' })
  expect([second.outbox.items, second.intake.untimed]).toEqual([0, 0])
  expect([second.outbox.droppedOf('cam'), second.outbox.droppedOf('door', 'reading')]).toEqual([1, 1])
  expect(second.log.lines.join()).toContain('2 items of an earlier boot are dropped: nobody knows when')
  await second.outbox.close()
  expect(await readdir(folder)).toEqual(['dropped.json'])
})

test('the bounds hold for what waits for the clock too: it goes after what has a time, the important last', async () => {
  const folder = await temporaryFolder()
  const clock = new PatientClock(0)
  const limits = { maxBytes: 1e9, maxFrames: 4 }
  const { outbox, take } = await boot({ folder, clock, boot: 'one', limits })
  await outbox.put({ kind: 'frame', source: 'cam', atMs: NOON }, Buffer.from('timed'))
  await take('cam', true)
  await clock.pass(1)
  for (let i = 0; i < 2; i++, await clock.pass(1)) await take('cam')
  await take('cam')
  expect([outbox.untimed, outbox.dropped, outbox.take()]).toEqual([4, 1, null])
  await take('cam')
  expect([outbox.untimed, outbox.dropped]).toEqual([4, 2])
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort()
  expect(names).toEqual(['cam.0@one.important.jpg', 'cam.2@one.jpg', 'cam.3@one.jpg', 'cam.4@one.jpg'])
  await outbox.close()
})

test('frames around a change are important also while there is no clock, and after the times are given', async () => {
  const folder = await temporaryFolder()
  const clock = new PatientClock(0)
  const { outbox, intake, take, trust } = await boot({ folder, clock, boot: 'one' })
  for (let second = 0; second < 20; second++, await clock.pass(1000)) {
    if (second === 10) outbox.protect({ fromMs: clock.now() - 5000, toMs: clock.now() + 5000 }, 'cam')
    await take('cam')
  }
  clock.set(NOON)
  trust('plausible')
  await until(() => !intake.waitsForClock)
  const important = waiting(outbox).filter(({ important }) => important)
  expect(important.map(({ atMs }) => (atMs - NOON) / 1000 + 20)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  await outbox.close()
  const again = await boot({ folder, clock, boot: 'one', trust: 'plausible' })
  expect(waiting(again.outbox).filter(({ important }) => important)).toHaveLength(11)
  await again.outbox.close()
})

test('a clock that is set back or forward by hours after it was trusted: ids only rise', async () => {
  const clock = new PatientClock(NOON)
  const { outbox, take } = await boot({ folder: await temporaryFolder(), clock, boot: 'one', trust: 'plausible' })
  const ids: number[] = []
  for (const setTo of [NOON, NOON - 3 * HOUR, NOON + 5 * HOUR, NOON - HOUR]) {
    clock.set(setTo)
    for (let i = 0; i < 3; i++, await clock.pass(1000)) {
      const kept = await take('cam')
      if (kept && kept !== 'untimed') ids.push(kept.atMs)
    }
  }
  expect(ids).toHaveLength(12)
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
  expect(ids[6]).toBe(NOON + 5 * HOUR)
  expect(times(outbox)).toEqual(ids)
  await outbox.close()
})

test('eight of a source are written at once, and ids follow the order of the calls', async () => {
  const folder = await temporaryFolder()
  class CountingFiles extends ItemFiles {
    now = 0
    most = 0
    override async write(...args: Parameters<ItemFiles['write']>): Promise<void> {
      this.most = Math.max(this.most, ++this.now)
      await super.write(...args)
      this.now--
    }
  }
  const files = new CountingFiles(folder)
  const clock = new PatientClock(NOON)
  const { outbox, take } = await boot({ folder, clock, boot: 'one', trust: 'plausible', files })
  const kept = await Promise.all(Array.from({ length: 50 }, () => take('cam')))
  expect(kept).toEqual(Array.from({ length: 50 }, (_, i) => ({ atMs: NOON + i })))
  expect(files.most).toBe(8)
  await outbox.close()
})

test('a camera and a sensor of one name have ids of their own', async () => {
  const folder = await temporaryFolder()
  const clock = new PatientClock(NOON)
  const { outbox, take } = await boot({ folder, clock, boot: 'one', trust: 'plausible' })
  expect(await take('door')).toEqual({ atMs: NOON })
  expect(await take('door', false, 'reading')).toEqual({ atMs: NOON })
  expect((await readdir(folder)).sort()).toEqual([`door.${NOON}.jpg`, `door.${NOON}.json`])
  await outbox.close()
})

test('an item that cannot be written is null, and counted when it is lost', async () => {
  const folder = await temporaryFolder()
  class DeadDisk extends ItemFiles {
    override write(): Promise<void> {
      return Promise.reject(Object.assign(new Error('read-only file system'), { code: 'EROFS' }))
    }
  }
  const clock = new PatientClock(0)
  const { outbox, take, trust, intake } = await boot({ folder, clock, boot: 'one', files: new DeadDisk(join(folder)) })
  expect(await take('cam')).toBeNull()
  clock.set(NOON)
  trust('plausible')
  await until(() => !intake.waitsForClock)
  expect(await take('cam')).toBeNull()
  // The second has a time, so that it can be sent from memory, if that is soon enough.
  expect([outbox.items, outbox.droppedOf('cam')]).toEqual([1, 1])
  await outbox.close()
  expect(outbox.droppedOf('cam')).toBe(2)
})
