import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AgentPorts, checkConfig, createAgent } from '../src/index.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { BacklogWindow } from '../src/publish/backlog-window.ts'
import type { Connection } from '../src/publish/connection.ts'
import { Delivery } from '../src/publish/delivery.ts'
import { Suspicion } from '../src/publish/suspicion.ts'
import { startBroker } from './broker.ts'
import { folderOf, quiet, SleepingClock, temporaryFolder, until } from './places.ts'
import { startProxy } from './proxy.ts'

/** A line that carries one frame after the other, each in `frameMs`; the backlog uses its window to the full. */
function drainOver(frameMs: (nth: number) => number, live: { everyMs: number; count: number }) {
  const window = new BacklogWindow()
  const backlog: { sentAt: number; due: number }[] = []
  const behind: number[] = []
  let [now, busyUntil, nth] = [0, 0, 0]
  const send = () => {
    busyUntil = Math.max(now, busyUntil) + frameMs(nth++)
    return busyUntil
  }
  const settle = (until: number) => {
    for (;;) {
      while (backlog.length < window.size) backlog.push({ sentAt: now, due: send() })
      const [first] = backlog
      if (!first || first.due > until) break
      now = first.due
      backlog.shift()
      window.drained(first.sentAt, now)
    }
    now = until
  }
  for (let i = 1; i <= live.count; i++) {
    settle(i * live.everyMs)
    behind.push(backlog.length)
    const sentAt = now
    const acknowledgedAt = send()
    settle(acknowledgedAt)
    window.live(sentAt, acknowledgedAt)
  }
  return behind
}

const mean = (of: number[]) => of.reduce((sum, one) => sum + one, 0) / of.length

test('the backlog takes all of its window on a fast line, and gives way on a slow one', () => {
  const fast = drainOver(() => 5, { everyMs: 1000, count: 100 })
  expect(fast.slice(-50)).toEqual(Array(50).fill(6))
  const slow = drainOver(() => 200, { everyMs: 1000, count: 100 })
  expect(mean(slow.slice(-50))).toBeLessThanOrEqual(3)
  expect(Math.min(...slow)).toBeGreaterThanOrEqual(1)
})

test('a line that becomes slow makes the backlog smaller within some live frames, and one that recovers lets it grow', () => {
  const behind = drainOver((nth) => (nth < 2000 || nth > 2600 ? 10 : 400), { everyMs: 1000, count: 300 })
  expect(Math.max(...behind)).toBe(6)
  expect(Math.min(...behind.slice(10))).toBeLessThanOrEqual(2)
  expect(behind.slice(-10)).toEqual(Array(10).fill(6))
})

const LIVE_FROM = Date.parse('2020-01-01')

/** An agent behind a slow line, with a backlog of this many frames an hour old or more, and a camera. */
async function slowAgent(frames: number, bytesPerSecond: number, ports: AgentPorts = {}, outboxConfig = {}) {
  const broker = await startBroker()
  onTestFinished(() => broker.close())
  const proxy = await startProxy(broker.port, { bytesPerSecond })
  onTestFinished(() => proxy.close())
  const dataDir = await temporaryFolder()
  const outbox = new Outbox({ folder: join(dataDir, 'outbox'), limits: { maxBytes: 1e9, maxFrames: 1e4 }, log: quiet })
  await outbox.start()
  for (let i = 0; i < frames; i++) await outbox.put({ kind: 'frame', source: 'cam', atMs: i * 1000 }, picture(i))
  await outbox.close()
  const names = Array.from({ length: 40 }, (_, i) => [`${String(i).padStart(2, '0')}.jpg`, picture(1000 + i)])
  const path = await folderOf(Object.fromEntries(names))
  const config = checkConfig({
    device: 'pi',
    token: 'secret',
    server: `mqtt://127.0.0.1:${proxy.port}`,
    dataDir,
    cameras: [{ name: 'cam', driver: 'folder', path, intervalMs: 250, loop: true }],
    outbox: { maxAgeMs: 1e13, ...outboxConfig }, // the ids here are of 1970
    statusIntervalMs: 1000,
  })
  const agent = createAgent(config, {
    timing: { answerTimeoutMs: 60_000, backoff: { baseMs: 20, capMs: 100 } },
    ...ports,
  })
  onTestFinished(() => agent.close())
  return { agent, broker, isLive: (id: number) => id > LIVE_FROM }
}

const picture = (fill: number) => Buffer.alloc(50_000, fill)

test('on a slow line a live frame waits for few of the backlog, and both arrive', { timeout: 60_000 }, async () => {
  const before = new Map<number, number>()
  const onFrame = ({ capturedAtMs }: { capturedAtMs: number }) => before.set(capturedAtMs, broker.received.length)
  const { agent, broker, isLive } = await slowAgent(400, 600_000, { onFrame })
  await agent.start()
  await until(() => broker.ids().filter(isLive).length >= 24)
  const ids = broker.ids()
  const waited = ids.flatMap((id, i) => (isLive(id) ? [i - (before.get(id) ?? 0)] : []))
  // Of eight in flight it would wait for the other seven.
  expect(mean(waited.slice(8))).toBeLessThan(5)
  expect(ids.filter((id) => !isLive(id)).length).toBeGreaterThanOrEqual(24)
})

test('heartbeats do not wait for the backlog', { timeout: 60_000 }, async () => {
  const { agent, broker } = await slowAgent(400, 600_000)
  const waiting: number[] = []
  broker.decide((topic) => {
    if (topic.endsWith('/status')) waiting.push(broker.received.length)
    return true
  })
  await agent.start()
  await until(() => waiting.length >= 4)
  expect((await agent.status()).outboxFrames).toBeGreaterThan(100)
  // Each interval brought one, with frames of the backlog before and after it.
  expect(waiting).toEqual([...new Set(waiting)].sort((a, b) => a - b))
})

/** A delivery over a connection that takes everything at once, in a time that passes only while somebody sleeps. */
async function deliver(outbox: Outbox, clock: SleepingClock, drainBytesPerSecond: number | undefined) {
  const stop = new AbortController()
  const sent: { topic: string; atMs: number }[] = []
  const connection = {
    closed: new AbortController().signal,
    answerMissing: false,
    publish: async (topic: string) => void sent.push({ topic, atMs: clock.monotonic() }),
    cut: () => {},
  } as unknown as Connection
  const suspicion = new Suspicion({ device: 'pi', outbox, clock, log: quiet })
  const parts = { device: 'pi', connection, outbox, suspicion, clock, log: quiet, drainBytesPerSecond }
  const running = new Delivery({ ...parts, stopping: stop.signal }).run()
  onTestFinished(async () => {
    stop.abort()
    await running
    await outbox.close()
  })
  return sent
}

test('drainBytesPerSecond is the pace of the backlog, and not of what is live; readings go on topics of their own', async () => {
  const clock = new SleepingClock()
  const outbox = new Outbox({
    folder: join(await temporaryFolder(), 'outbox'),
    limits: { maxBytes: 1e9, maxFrames: 1e4 },
    log: quiet,
    clock,
  })
  await outbox.start()
  const start = clock.now()
  for (let i = 0; i < 10; i++) {
    await outbox.put({ kind: 'frame', source: 'cam', atMs: start - 100_000 + i * 5000 }, Buffer.alloc(5000))
  }
  await outbox.put({ kind: 'reading', source: 'door', atMs: start }, Buffer.from('{"value":1}'))
  const sent = await deliver(outbox, clock, 1000)
  await until(() => sent.length === 11)
  const topics = sent.map(({ topic }) => topic)
  // The newest frame and the reading tell of now; then one of the backlog every five seconds.
  expect(topics.slice(0, 3).sort()).toEqual([
    `ajar/pi/cam/frame/${start - 100_000}`,
    `ajar/pi/cam/frame/${start - 55_000}`,
    `ajar/pi/door/reading/${start}`,
  ])
  expect(topics.slice(3)).toEqual(Array.from({ length: 8 }, (_, i) => `ajar/pi/cam/frame/${start - 95_000 + i * 5000}`))
  // The last three are no backlog any more: they are not further apart than ten seconds.
  const backlog = sent.slice(3, 8).map(({ atMs }) => atMs)
  expect(backlog).toEqual([5000, 10_000, 15_000, 20_000, 25_000])
})
