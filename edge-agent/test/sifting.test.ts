import { basename } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CameraConfig } from '../src/capture/drivers.ts'
import { type CapturedFrame, CaptureLoop } from '../src/capture/loop.ts'
import { checkConfig, renderDoor } from '../src/index.ts'
import { Intake } from '../src/outbox/intake.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { folderOf, notebook, quiet, SleepingClock, temporaryFolder } from './places.ts'

const day = 86_400_000
const noon = 20_000 * day + day / 2

/** A picture a second, named by its number: of a door that stands open in the seconds `open`, and shut otherwise. */
async function pictures(count: number, open: (second: number) => boolean): Promise<Record<string, Uint8Array>> {
  // Few are rendered, all with grain of their own.
  const render = (state: 'open' | 'closed') =>
    Promise.all(
      [1, 2, 3].map((ms) => renderDoor({ seed: 3, atMs: noon + ms, dayMs: day, width: 160, height: 90, state })),
    )
  const [shut, wide] = [await render('closed'), await render('open')]
  const names = Array.from({ length: count }, (_, second) => String(second).padStart(3, '0'))
  return Object.fromEntries(
    names.map((name, second) => [`${name}.jpg`, (open(second) ? wide : shut)[second % 3] ?? new Uint8Array()]),
  )
}

/** Tells of each second before its picture is taken. */
class TellingClock extends SleepingClock {
  tell: (second: number) => void = () => {}

  override async sleep(ms: number): Promise<void> {
    await super.sleep(ms)
    this.tell(this.monotonic() / 1000)
  }
}

interface Run {
  files: Record<string, Uint8Array>
  gate?: Record<string, unknown>
  limits?: { maxBytes?: number; maxFrames?: number }
  before?: (second: number, loop: CaptureLoop, config: CameraConfig) => void
}

/** Runs a folder of pictures through a loop, in scaled time; which of them were kept, and what became of all. */
async function run({ files, gate, limits = {}, before = () => {} }: Run) {
  const path = await folderOf(files)
  const [config] = checkConfig({
    device: 'pi',
    token: 't',
    dataDir: 'unused',
    cameras: [{ name: 'cam', driver: 'folder', path, intervalMs: 1000, ...(gate ? { gate } : {}) }],
  }).cameras
  if (!config) throw new Error('no camera')
  const clock = new TellingClock()
  const start = clock.now()
  const folder = await temporaryFolder()
  const defaults = checkConfig({
    device: 'pi',
    token: 't',
    dataDir: 'd',
    cameras: [{ name: 'c', driver: 'synthetic' }],
  })
  const outbox = new Outbox({ folder, limits: { ...defaults.outbox, minFreeBytes: 0, ...limits } as never, log: quiet })
  onTestFinished(() => outbox.close())
  await outbox.start()
  const intake = new Intake({ outbox, clock, clockTrust: () => 'plausible', log: quiet })
  onTestFinished(() => intake.close())
  intake.start()
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<number>()
  const frames: CapturedFrame[] = []
  const secondOf = ({ source }: CapturedFrame) => Number(basename(source ?? '', '.jpg'))
  const log = notebook()
  const loop = new CaptureLoop({
    camera: config,
    outbox,
    intake,
    clock,
    maxFrameBytes: 1_000_000,
    log,
    onEnd,
    onNews: () => {},
    onFrame: (frame) => frames.push(frame),
  })
  clock.tell = (second) => before(second, loop, config)
  onTestFinished(() => loop.close())
  loop.start()
  await ended
  const waiting: number[] = []
  for (let item = outbox.take(); item; item = outbox.take()) waiting.push((item.atMs - start) / 1000)
  return { seconds: frames.map(secondOf), waiting: waiting.sort((a, b) => a - b), loop, log }
}

test('changes are kept at once with what follows, the rest at the heartbeat, and the counts add up', async () => {
  const files = await pictures(100, (second) => second >= 40 && second < 45)
  files['050.jpg'] = new Uint8Array()
  files['051.jpg'] = new Uint8Array(1_000_001)
  files['060.jpg'] = Buffer.from('no picture, for all that the agent can tell')
  const { seconds, loop } = await run({ files, gate: {} })
  expect(seconds).toEqual([0, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 91])
  expect(loop.counts).toEqual({ driver: 'folder', captured: 100, gated: 83, sent: 0, dropped: 0, fault: null })
  expect(loop.refused).toBe(2)
  expect(loop.counts.captured).toBe(loop.counts.gated + loop.refused + seconds.length)
})

test('without a gate everything is kept, also what cannot be judged', async () => {
  const files = { ...(await pictures(40, () => false)), '040.jpg': Buffer.from('no picture') }
  const { seconds, loop } = await run({ files })
  expect(seconds).toHaveLength(41)
  expect(loop.counts).toMatchObject({ captured: 41, gated: 0 })
})

test('a picture that the outbox could not keep is no picture that was sent: the next one passes', async () => {
  const files = await pictures(20, () => false)
  const [size = 0] = Object.values(files).map(({ byteLength }) => byteLength)
  const { seconds, loop } = await run({ files, gate: {}, limits: { maxBytes: Math.floor(size / 2) } })
  expect(seconds).toEqual([])
  // Some were on their way as it turned out.
  expect(loop.counts.dropped).toBeGreaterThan(1)
  expect(loop.counts.gated + loop.counts.dropped).toBe(20)
})

test('while frames wait, those from 5 s before a change to 5 s behind it go last, without any gate', async () => {
  const { waiting, loop } = await run({
    files: await pictures(120, (second) => second >= 60),
    limits: { maxFrames: 30 },
  })
  const around = [55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65]
  expect(waiting.slice(0, around.length)).toEqual(around)
  expect(waiting).toHaveLength(30)
  expect(waiting.at(-1)).toBe(119)
  expect(loop.counts).toMatchObject({ captured: 120, gated: 0, dropped: 90 })
})

test('everything is kept while somebody attends', async () => {
  const { seconds } = await run({
    files: await pictures(50, () => false),
    gate: {},
    // The door contact tells of an edge.
    before: (second, loop) => {
      if (second === 10) loop.attend(13_000)
    },
  })
  expect(seconds).toEqual([0, 10, 11, 12, 13, 43])
})

test('a gate that changes while the camera runs does so without opening it again', async () => {
  const { seconds } = await run({
    files: await pictures(90, () => false),
    gate: {},
    before: (second, loop, config) => {
      const { gate: _, ...ungated } = config
      if (second === 10) loop.change(ungated as CameraConfig)
      if (second === 15) loop.change(config)
      if (second === 20) loop.change(structuredClone(config)) // nothing changes
      if (second === 50) loop.change({ ...config, gate: { difference: 0.01, heartbeatMs: 10_000 } })
    },
  })
  // A folder that is opened again begins again.
  expect(seconds).toEqual([0, 10, 11, 12, 13, 14, 15, 45, 50, 60, 70, 80])
})

test('another interval opens the camera again at once, and no picture is lost or counted twice', async () => {
  const { seconds, loop } = await run({
    files: await pictures(10, () => false),
    before: (second, loop, config) => {
      if (second === 5) loop.change({ ...config, intervalMs: 2000 })
    },
  })
  expect(seconds).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(loop.counts.captured).toBe(15)
})
