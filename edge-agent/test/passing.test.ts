import { expect, onTestFinished, test } from 'vitest'
import { pluggedIn } from '../../test/setup/pty.ts'
import { checkConfig, createAgent } from '../src/index.ts'
import { ItemFiles } from '../src/outbox/files.ts'
import { Intake } from '../src/outbox/intake.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { readingsIn } from '../src/reading-bundle.ts'
import { startBroker } from './broker.ts'
import { notebook, quiet, SleepingClock, temporaryFolder, until } from './places.ts'

const BOUNDS = { maxBytes: 1e9, maxFrames: 1000 }

/** Counts what is written to the disk. */
class CountingFiles extends ItemFiles {
  writes = 0

  override async write(...all: Parameters<ItemFiles['write']>): Promise<void> {
    this.writes++
    await super.write(...all)
  }
}

async function outboxIn(folder: string, clock: SleepingClock, limits = BOUNDS) {
  const files = new CountingFiles(folder)
  const outbox = new Outbox({ folder, limits, log: quiet, clock, files })
  await outbox.start()
  return { outbox, files }
}

const reading = (value: unknown) => new TextEncoder().encode(JSON.stringify({ value }))

/** Sends all there is, as the agent does; @returns times and values */
async function sent(outbox: Outbox): Promise<[number, unknown][]> {
  const all: [number, unknown][] = []
  for (let item = outbox.take(); item; item = outbox.take()) {
    for (const { atMs, bytes } of readingsIn(item, await outbox.read(item)))
      all.push([atMs, JSON.parse(new TextDecoder().decode(bytes)).value])
    await outbox.delivered(item)
  }
  return all
}

test('a server that answers gets every reading, and the disk none', async () => {
  const clock = new SleepingClock()
  const { outbox, files } = await outboxIn(await temporaryFolder(), clock)
  const all: [number, unknown][] = []
  for (let i = 0; i < 200; i++) {
    await clock.sleep(50)
    await outbox.pass({ kind: 'reading', source: 'csi', atMs: clock.now() }, reading([i]))
    all.push(...(await sent(outbox)))
  }
  expect(all.map(([, value]) => value)).toEqual(Array.from({ length: 200 }, (_, i) => [i]))
  expect([files.writes, outbox.items]).toEqual([0, 0])
  await outbox.close()
})

test('without one they wait in a file each five seconds, survive the end, and come in their order, with their times', async () => {
  const clock = new SleepingClock()
  const folder = await temporaryFolder()
  const { outbox, files } = await outboxIn(folder, clock)
  const times: number[] = []
  for (let i = 0; i < 20 * 60; i++) {
    await clock.sleep(50)
    times.push(clock.now())
    await outbox.pass({ kind: 'reading', source: 'csi', atMs: clock.now() }, reading([i, 0.5]))
  }
  expect(files.writes).toBeGreaterThanOrEqual(10)
  expect(files.writes).toBeLessThanOrEqual(12)
  await outbox.close()
  const again = await outboxIn(folder, clock)
  expect(again.outbox.lastId('reading', 'csi')).toBe(times.at(-1))
  const all = (await sent(again.outbox)).toSorted(([a], [b]) => a - b)
  expect(all).toEqual(times.map((at, i) => [at, [i, 0.5]]))
  expect(again.outbox.dropped).toBe(0)
  await again.outbox.close()
})

test('one that was being sent as the connection went is not lost, and not taken twice', async () => {
  const clock = new SleepingClock()
  const { outbox } = await outboxIn(await temporaryFolder(), clock)
  for (const atMs of [1, 2, 3]) await outbox.pass({ kind: 'reading', source: 'csi', atMs }, reading(atMs))
  const [first, second] = [outbox.take(), outbox.take()]
  if (!first || !second) throw new Error('nothing to send')
  await outbox.delivered(second)
  outbox.release(first)
  await clock.sleep(6000)
  await outbox.pass({ kind: 'reading', source: 'csi', atMs: 4 }, reading(4))
  const all = await sent(outbox)
  expect(all).toHaveLength(3)
  expect(new Set(all.map(([at]) => at)).size).toBe(3)
  await outbox.close()
})

test('an outage fills a quarter of the outbox with them and pushes no frame out; what goes is counted', async () => {
  const clock = new SleepingClock()
  const { outbox } = await outboxIn(await temporaryFolder(), clock, { maxBytes: 100_000, maxFrames: 1000 })
  for (let i = 0; i < 7; i++) {
    await clock.sleep(10)
    await outbox.put({ kind: 'frame', source: 'cam', atMs: clock.now() }, new Uint8Array(10_000))
  }
  for (let i = 0; i < 20 * 60; i++) {
    await clock.sleep(50)
    await outbox.pass({ kind: 'reading', source: 'csi', atMs: clock.now() }, reading([i, 0.123456789]))
  }
  expect([outbox.frames, outbox.droppedOf('cam')]).toEqual([7, 0])
  expect(outbox.bytes).toBeLessThanOrEqual(70_000 + 25_000)
  expect(outbox.droppedOf('csi', 'reading')).toBeGreaterThan(3)
  await outbox.close()
})

test('until the clock is set, one a second waits for it', async () => {
  const clock = new SleepingClock(0)
  const { outbox, files } = await outboxIn(await temporaryFolder(), clock)
  const intake = new Intake({
    outbox,
    clock: { ...clock, now: () => clock.now(), monotonic: () => clock.monotonic(), sleep: () => new Promise(() => {}) },
    clockTrust: () => 'unset',
    log: quiet,
  })
  intake.start()
  for (let i = 0; i < 100; i++) {
    await clock.sleep(50)
    const takenAt = { wallMs: clock.now(), monotonicMs: clock.monotonic() }
    await intake.take({ kind: 'reading', source: 'csi', takenAt, bytes: reading(i), passing: true })
  }
  expect(files.writes).toBe(5)
  expect(outbox.untimed).toBe(5)
  expect(outbox.dropped).toBe(95)
  await outbox.close()
})

test('an agent sends what a board says twenty times a second, before and after an outage, each once', async () => {
  const board = pluggedIn()
  const values: number[] = []
  const listen = async (port?: number) => {
    const broker = await startBroker({ port: port ?? 0 })
    broker.aedes.on('publish', ({ topic, payload }, client) => {
      if (client && topic.includes('/csi/reading/')) values.push(JSON.parse(payload.toString()).value[0])
    })
    return broker
  }
  const broker = await listen()
  const dataDir = await temporaryFolder()
  const agent = createAgent(
    checkConfig({
      ...{ device: 'pi', token: 'secret', server: `mqtt://127.0.0.1:${broker.port}`, dataDir },
      cameras: [{ name: 'cam', driver: 'synthetic', intervalMs: 3_600_000 }],
      sensors: [{ name: 'csi', driver: 'serial', path: board.path, intervalMs: 20 }],
    }),
    { log: notebook(), timing: { answerTimeoutMs: 30_000, backoff: { baseMs: 20, capMs: 100 } } },
  )
  await agent.start()
  onTestFinished(() => agent.close())
  let count = 0
  const timer = setInterval(() => board.write(`[${++count},1]\n`), 50)
  onTestFinished(() => clearInterval(timer))
  await until(() => values.length >= 40)
  await broker.close()
  const at = count
  await until(() => count > at + 140)
  const back = await listen(broker.port)
  onTestFinished(() => back.close())
  await until(() => values.length > at + 180)
  const unique = new Set(values)
  const [first, last] = [Math.min(...values), Math.max(...values)]
  const missing = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((value) => !unique.has(value))
  // The first lines lay there when the port was opened, and are too many at once.
  expect(missing.filter((value) => value > 5 && value < last - 40)).toEqual([])
}, 60_000)
