import { symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CaptureCounts } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { expect, onTestFinished, test } from 'vitest'
import type { Picture } from '../src/capture/driver.ts'
import { type CameraConfig, openCamera } from '../src/capture/drivers.ts'
import { faultOf } from '../src/capture/fault.ts'
import { type CapturedFrame, CaptureLoop } from '../src/capture/loop.ts'
import { type ClockTrust, clockTrust } from '../src/clock.ts'
import { checkConfig } from '../src/config.ts'
import { Intake } from '../src/outbox/intake.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { folderOf, notebook, quiet, SleepingClock, temporaryFolder, until } from './places.ts'

/** A camera's config with its defaults, through the check every config goes through. */
function camera(fields: Record<string, unknown>): CameraConfig {
  const written = { device: 'pi', token: 't', dataDir: 'unused', cameras: [{ name: 'cam', ...fields }] }
  const [checked] = checkConfig(written).cameras
  if (!checked) throw new Error('no camera')
  return checked
}

async function pictures(config: CameraConfig, clock: SleepingClock, most = 100): Promise<Picture[]> {
  const stop = new AbortController()
  const seen: Picture[] = []
  const room = async () => {}
  const context = {
    clock,
    log: quiet,
    signal: stop.signal,
    room,
    maxFrameBytes: 1000,
    report: () => {},
    lastDriver: null,
  }
  for await (const picture of openCamera(config, context)) {
    seen.push(picture)
    if (seen.length === most) stop.abort()
  }
  return seen
}

const files = {
  'night/20151102_000010.jpg': 'c',
  'day/20151101_235950.jpg': 'a',
  'day/20151102_000000.JPEG': 'b',
  'day/notes.txt': 'not a picture',
}

test('a folder is sent sorted by file name across its folders, as far apart as the names say', async () => {
  const clock = new SleepingClock()
  const start = clock.now()
  const seen = await pictures(camera({ driver: 'folder', path: await folderOf(files) }), clock)
  expect(seen.map(({ jpeg }) => new TextDecoder().decode(jpeg))).toEqual(['a', 'b', 'c'])
  expect(seen.map(({ takenAt }) => takenAt.wallMs - start)).toEqual([0, 10_000, 20_000])
})

test('sixty times as fast is sixty times as close', async () => {
  const clock = new SleepingClock()
  const start = clock.now()
  const seen = await pictures(camera({ driver: 'folder', path: await folderOf(files), speed: 60 }), clock)
  expect(seen.map(({ takenAt }) => Math.round(takenAt.wallMs - start))).toEqual([0, 167, 333])
})

test('names without a time follow at the interval, links are followed, and a loop begins again', async () => {
  const clock = new SleepingClock()
  const start = clock.now()
  const path = await folderOf({ 'b.jpg': 'b' })
  await symlink(await folderOf({ 'a.jpg': 'a' }), join(path, 'elsewhere'))
  const config = camera({ driver: 'folder', path, intervalMs: 500, loop: true })
  const seen = await pictures(config, clock, 4)
  expect(seen.map(({ source }) => basename(source ?? ''))).toEqual(['a.jpg', 'b.jpg', 'a.jpg', 'b.jpg'])
  expect(seen.map(({ takenAt }) => takenAt.wallMs - start)).toEqual([0, 500, 1000, 1500])
})

test('a link that leads back to its parent is reported and not followed for ever', async () => {
  const path = await folderOf({ 'a.jpg': 'a' })
  await symlink(path, join(path, 'again'))
  const config = camera({ driver: 'folder', path })
  await expect(pictures(config, new SleepingClock())).rejects.toMatchObject({
    code: 'folder_too_deep',
    fault: 'caller',
  })
})

test('a folder without pictures is reported', async () => {
  const config = camera({ driver: 'folder', path: await folderOf({ 'a.txt': '' }) })
  await expect(pictures(config, new SleepingClock())).rejects.toMatchObject({ code: 'empty_folder' })
})

async function openOutbox(folder: string, maxFrames = 1000): Promise<Outbox> {
  const outbox = new Outbox({ folder, limits: { maxBytes: 1e9, maxFrames }, log: quiet })
  onTestFinished(() => outbox.close())
  await outbox.start()
  return outbox
}

interface Run {
  config: CameraConfig
  clock: SleepingClock
  outbox: Outbox
  maxFrameBytes?: number
  trust?: () => ClockTrust
  onFrame?: (frame: CapturedFrame, intake: Intake) => void
  /** Told of each fault, and null when it is over. */
  onFault?: (fault: string | null | undefined) => void
}

/** Runs a capture loop until its driver has no more pictures. */
async function capture(run: Run) {
  const { maxFrameBytes = 1000, trust = () => 'plausible', onFrame = () => {}, onFault = () => {}, ...parts } = run
  const frames: CapturedFrame[] = []
  const log = notebook()
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<number>()
  const intake = new Intake({ outbox: parts.outbox, clock: parts.clock, clockTrust: trust, log })
  onTestFinished(() => intake.close())
  let lastFault: string | null | undefined = null
  const loop = new CaptureLoop({
    camera: parts.config,
    outbox: parts.outbox,
    intake,
    clock: parts.clock,
    maxFrameBytes,
    log,
    onEnd,
    onNews: () => {
      const { fault } = loop.counts
      if (fault === lastFault) return
      lastFault = fault
      onFault(fault)
    },
    onFrame: (frame) => {
      frames.push(frame)
      onFrame(frame, intake)
    },
  })
  onTestFinished(() => loop.close())
  intake.start()
  loop.start()
  await ended
  return { frames, loop, log }
}

test('ids rise when the clock is set back, also across a restart', async () => {
  const folder = await temporaryFolder()
  const clock = new SleepingClock()
  const noon = clock.now()
  const path = await folderOf(Object.fromEntries([...'abcdef'].map((name) => [`${name}.jpg`, name])))
  const config = camera({ driver: 'folder', path, intervalMs: 1000 })
  let seen = 0
  const setBack = () => {
    if (++seen === 3) clock.set(noon - 3_600_000)
  }
  const { frames } = await capture({ config, clock, outbox: await openOutbox(folder), onFrame: setBack })
  clock.set(noon - 7_200_000)
  const second = await capture({ config, clock, outbox: await openOutbox(folder) })
  const ids = [...frames, ...second.frames].map(({ capturedAtMs }) => capturedAtMs)
  expect(ids).toHaveLength(12)
  expect(ids.slice(0, 3)).toEqual([noon, noon + 1000, noon + 2000])
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
})

/** An outbox whose camera once lived in 2099, with one frame of now and two of then unsent. */
async function afterWrongClock(folder: string, now: number): Promise<Outbox> {
  const outbox = await openOutbox(folder)
  const future = Date.parse('2099-01-01')
  for (const capturedAtMs of [now - 1000, future, future + 1]) {
    await outbox.put({ kind: 'frame', source: 'cam', atMs: capturedAtMs }, Buffer.from('old'))
  }
  return outbox
}

test('one reading of a wrong clock is forgotten: with a synchronised clock ids go back to now, also on disk', async () => {
  const folder = await temporaryFolder()
  const clock = new SleepingClock()
  const now = clock.now()
  const config = camera({ driver: 'folder', path: await folderOf({ 'a.jpg': 'a', 'b.jpg': 'b' }), intervalMs: 1000 })
  const outbox = await afterWrongClock(folder, now)
  const { frames, log } = await capture({ config, clock, outbox, trust: () => 'synchronised' })
  expect(frames.map(({ capturedAtMs }) => capturedAtMs)).toEqual([now, now + 1000])
  expect([outbox.dropped, outbox.frames]).toEqual([2, 3])
  expect(log.lines.join()).toContain('once stood at 2099-01-01')
  await outbox.close()
  expect((await openOutbox(folder)).lastId('frame', 'cam')).toBe(now + 1000)
})

test('where nobody vouches for the clock, ids go on rising until the server refuses their time', async () => {
  const folder = await temporaryFolder()
  const clock = new SleepingClock()
  const now = clock.now()
  // The ninth is taken only after the first is durable.
  const names = [...'abcdefghi'].map((name) => [`${name}.jpg`, name])
  const config = camera({ driver: 'folder', path: await folderOf(Object.fromEntries(names)), intervalMs: 1000 })
  const outbox = await afterWrongClock(folder, now)
  const refuse = ({ capturedAtMs }: CapturedFrame, intake: Intake) =>
    intake.heedRefusedTime('frame', 'cam', capturedAtMs)
  const { frames } = await capture({ config, clock, outbox, onFrame: refuse })
  expect(frames.at(0)?.capturedAtMs).toBe(Date.parse('2099-01-01') + 2)
  expect(frames.at(-1)?.capturedAtMs).toBe(now + 8000)
})

test('where systemd-timesyncd runs, its word about the clock counts; elsewhere the date of the build', async () => {
  const clock = new SleepingClock()
  const service = await temporaryFolder()
  expect(clockTrust(clock, join(service, 'nothing'))).toBe('plausible')
  expect(clockTrust(new SleepingClock(0), join(service, 'nothing'))).toBe('unset')
  expect(clockTrust(clock, service, join(service, 'no-battery'))).toBe('unset')
  expect(clockTrust(clock, service, service)).toBe('plausible') // a battery keeps it going, also without a network
  expect(clockTrust(clock, await folderOf({ synchronized: '' }))).toBe('synchronised')
})

test('pictures that are empty or too large never enter the outbox and are counted', async () => {
  const path = await folderOf({ 'a.jpg': 'fine', 'b.jpg': '', 'c.jpg': new Uint8Array(1001) })
  const outbox = await openOutbox(await temporaryFolder())
  const config = camera({ driver: 'folder', path })
  const { frames, loop, log } = await capture({ config, clock: new SleepingClock(), outbox })
  expect(frames.map(({ source }) => basename(source ?? ''))).toEqual(['a.jpg'])
  expect([loop.refused, outbox.frames]).toEqual([2, 1])
  expect(log.lines.filter((line) => line.includes('is not sent'))).toHaveLength(2)
})

test('a driver that failed is a fault until its next picture, told once when it comes and when it goes', async () => {
  const path = await folderOf({ 'notes.txt': '' })
  const faults: (string | null | undefined)[] = []
  const clock = new SleepingClock()
  let tries = 0
  const sleep = clock.sleep.bind(clock)
  clock.sleep = async (ms) => {
    if (++tries === 2) await writeFile(join(path, 'a.jpg'), 'a')
    await sleep(ms)
  }
  const config = camera({ driver: 'folder', path })
  const { loop, log } = await capture({
    ...{ config, clock, outbox: await openOutbox(await temporaryFolder()) },
    onFault: (fault) => faults.push(fault),
  })
  expect(faults).toEqual([expect.stringContaining(path), null])
  expect(loop.counts).toMatchObject({ captured: 1, fault: null })
  expect(log.lines.filter((line) => line.includes('trying again'))).toHaveLength(2)
})

test('a camera that is gone is looked for each 15 s at the latest, and not each time with a line', async () => {
  const path = await folderOf({ 'notes.txt': '' })
  const clock = new SleepingClock()
  const pauses: number[] = []
  const sleep = clock.sleep.bind(clock)
  clock.sleep = async (ms) => {
    if (ms >= 1000) pauses.push(ms)
    if (pauses.length === 10) await writeFile(join(path, 'a.jpg'), 'a')
    await sleep(ms)
  }
  const config = camera({ driver: 'folder', path })
  const { log } = await capture({ config, clock, outbox: await openOutbox(await temporaryFolder()) })
  expect(pauses).toEqual([1000, 2000, 4000, 8000, ...Array(6).fill(15_000)])
  expect(log.lines.map((line) => / in (.*) s$/.exec(line)?.[1])).toEqual(['1', '2', '8', '15'])
})

test('a fault fits a status, and no password of the camera stands in it', () => {
  const login = { user: 'viewer', password: 'p@ss/word' }
  const rtsp = camera({ driver: 'rtsp', url: 'rtsp://ignored:o%74her@cam.local/live?key=abc', ...login })
  const said = 'rtsp://viewer:p%40ss%2Fword@cam.local:554/live?key=abc refuses p@ss/word, other and o%74her'
  expect(faultOf(new Error(said), rtsp).text).toBe('rtsp://cam.local:554 refuses ***, *** and ***')
  const snapshot = camera({ driver: 'http-snapshot', url: 'http://cam.local/snapshot.jpg' })
  expect(faultOf('http://cam.local: answers 404', snapshot).short).toBe('http://cam.local: answers 404')
  const { text, short } = faultOf(new Error('é'.repeat(1000)), snapshot)
  expect([text.length, short.length]).toEqual([1000, 256])
  expect(Value.Check(CaptureCounts, { driver: null, captured: 0, gated: 0, sent: 0, dropped: 0, fault: short })).toBe(
    true,
  )
})

test('at the speed "max" a folder waits for the outbox to be short', async () => {
  const names = Array.from({ length: 200 }, (_, i) => [`${String(i).padStart(3, '0')}.jpg`, `${i}`])
  const config = camera({ driver: 'folder', path: await folderOf(Object.fromEntries(names)), speed: 'max' })
  const outbox = await openOutbox(await temporaryFolder())
  const captured = capture({ config, clock: new SleepingClock(), outbox })
  await until(() => outbox.frames >= 64)
  let most = 0
  const sent: number[] = []
  while (sent.length < 200) {
    most = Math.max(most, outbox.frames)
    const frame = outbox.take()
    if (!frame) await outbox.changed(AbortSignal.timeout(1000))
    else {
      sent.push(frame.atMs)
      await outbox.delivered(frame)
    }
  }
  expect((await captured).frames.map(({ capturedAtMs }) => capturedAtMs)).toEqual(sent)
  // Eight may be on their way to the outbox.
  expect(most).toBeLessThanOrEqual(64 + 8)
  expect(outbox.dropped).toBe(0)
})
