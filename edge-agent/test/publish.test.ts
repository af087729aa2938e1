import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ClockTrust } from '../src/clock.ts'
import { renderDoor } from '../src/door/render.ts'
import { DAY_MS } from '../src/door/truth.ts'
import { type AgentEvent, type AgentPorts, checkConfig, createAgent, systemClock } from '../src/index.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { type Broker, startBroker } from './broker.ts'
import { folderOf, notebook, quiet, temporaryFolder, until } from './places.ts'
import { startProxy } from './proxy.ts'

const fast = { answerTimeoutMs: 30_000, backoff: { baseMs: 20, capMs: 100 } }

async function brokerFor(options?: Parameters<typeof startBroker>[0]): Promise<Broker> {
  const broker = await startBroker(options)
  onTestFinished(() => broker.close())
  return broker
}

async function proxyFor(broker: Broker) {
  const proxy = await startProxy(broker.port)
  onTestFinished(() => proxy.close())
  return proxy
}

interface Fields {
  port: number
  camera?: Record<string, unknown>
  dataDir?: string
  token?: string
  statusIntervalMs?: number
}

/** An agent of the device `pi` with one camera `cam`: an empty-handed one unless told otherwise. */
async function agentFor({ port, camera, dataDir, token = 'secret', ...more }: Fields, ports: AgentPorts = {}) {
  const log = notebook()
  const events: AgentEvent[] = []
  const config = checkConfig({
    device: 'pi',
    token,
    server: `mqtt://127.0.0.1:${port}`,
    dataDir: dataDir ?? (await temporaryFolder()),
    cameras: [{ name: 'cam', ...(camera ?? { driver: 'folder', path: await folderOf({}) }) }],
    sensors: [],
    outbox: { maxAgeMs: 1e13 }, // the ids here are of 1970
    ...more,
  })
  const agent = createAgent(config, { log, timing: fast, onEvent: (event) => events.push(event), ...ports })
  onTestFinished(() => agent.close())
  return { agent, log, events, states: () => events.map(({ state }) => state) }
}

/** A data folder whose outbox holds frames with the ids 1 to `count`. */
async function filled(count: number): Promise<string> {
  const dataDir = await temporaryFolder()
  const outbox = new Outbox({ folder: join(dataDir, 'outbox'), limits: { maxBytes: 1e9, maxFrames: 1e4 }, log: quiet })
  await outbox.start()
  for (let id = 1; id <= count; id++) await outbox.put({ kind: 'frame', source: 'cam', atMs: id }, bytesOf(id))
  await outbox.close()
  return dataDir
}

const bytesOf = (id: number) => Buffer.from(`picture ${id}`)
const shaOf = (id: number) => createHash('sha256').update(bytesOf(id)).digest('hex')
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** What the broker has of each frame; a frame with two contents would show both. */
function distinct({ received }: Broker): string[] {
  return [...new Set(received.map(({ topic, sha256 }) => `${topic} ${sha256}`))]
}

const expectedOf = (count: number) => upTo(count).map((id) => `ajar/pi/cam/frame/${id} ${shaOf(id)}`)

test('frames are sent in order, byte for byte, and leave the outbox', async () => {
  const broker = await brokerFor()
  const { agent, states } = await agentFor({ port: broker.port, dataDir: await filled(50) })
  await agent.start()
  await until(() => broker.received.length === 50)
  expect(broker.received).toEqual(
    upTo(50).map((id) => ({ topic: `ajar/pi/cam/frame/${id}`, sha256: shaOf(id), dup: false })),
  )
  await agent.close()
  expect(await agent.status()).toMatchObject({ outboxFrames: 0, outboxBytes: 0, droppedFrames: 0 })
  expect(states()).toEqual(['started', 'connected', 'disconnected', 'stopped'])
})

test('at most eight frames are in flight', async () => {
  const broker = await brokerFor()
  const held: (() => void)[] = []
  broker.decide((topic) =>
    topic.includes('/frame/') ? new Promise((resolve) => held.push(() => resolve(true))) : true,
  )
  const { agent } = await agentFor({ port: broker.port, dataDir: await filled(20) })
  await agent.start()
  // The broker reads on only when it has answered what came at once: it may hold fewer than are in flight.
  while ((await agent.status()).oldestWaitingMs !== 9) await new Promise((resolve) => setTimeout(resolve, 10))
  for (let sent = 0; sent < 20; sent++) {
    await until(() => held.length > 0)
    expect(held.length).toBeLessThanOrEqual(8)
    held.shift()?.()
  }
  await until(() => broker.received.length === 20)
})

test('a PUBACK lost on the wire: the frame is sent again, marked DUP, with the same id and bytes', async () => {
  const broker = await brokerFor()
  const proxy = await proxyFor(broker)
  // The status' PUBACK and three frames'.
  proxy.allowPubacks(4)
  const { agent, log } = await agentFor({ port: proxy.port, dataDir: await filled(20) })
  await agent.start()
  await until(() => proxy.swallowed() === 8)
  expect(log.lines.filter((line) => line.startsWith('connected again'))).toEqual([])
  proxy.allowPubacks(Number.POSITIVE_INFINITY)
  proxy.cut()
  await until(() => new Set(broker.ids()).size === 20)
  await until(() => broker.received.length === 28)
  expect(distinct(broker)).toEqual(expectedOf(20))
  expect(broker.received.filter(({ dup }) => dup).map(({ topic }) => Number(topic.split('/').at(-1)))).toEqual([
    4, 5, 6, 7, 8, 9, 10, 11,
  ])
  expect(log.lines).toContain('connected again, 17 frames and readings waited')
})

test('a PUBACK that does not come in time ends the connection, and no frame is suspected for it', async () => {
  const broker = await brokerFor()
  const proxy = await proxyFor(broker)
  proxy.allowPubacks(1)
  const timing = { ...fast, answerTimeoutMs: 300 }
  const { agent, log } = await agentFor({ port: proxy.port, dataDir: await filled(3) }, { timing })
  await agent.start()
  await until(() => log.lines.some((line) => line.includes('did not answer in time')))
  proxy.allowPubacks(Number.POSITIVE_INFINITY)
  await until(() => new Set(broker.ids()).size === 3)
  expect(distinct(broker)).toEqual(expectedOf(3))
  expect((await agent.status()).fault).toBeNull()
})

test('while the broker is down the outbox fills; then it drains in order', async () => {
  const first = await startBroker()
  const { port } = first
  await first.close()
  const path = await folderOf(Object.fromEntries(upTo(40).map((i) => [`${String(i).padStart(2, '0')}.jpg`, `p${i}`])))
  const { agent, states, events } = await agentFor({ port, camera: { driver: 'folder', path, intervalMs: 2 } })
  await agent.start()
  await until(() => states().includes('ended'))
  expect((await agent.status()).outboxFrames).toBe(40)
  const broker = await brokerFor({ port })
  await until(() => states().includes('drained'))
  const sha = (i: number) => createHash('sha256').update(`p${i}`).digest('hex')
  expect(broker.received.map(({ sha256 }) => sha256)).toEqual(upTo(40).map(sha))
  expect(broker.ids()).toEqual([...new Set(broker.ids())].sort((a, b) => a - b))
  expect(events).toContainEqual({ device: 'pi', state: 'ended', camera: 'cam', frames: 40 })
})

test('connections that are cut again and again lose nothing', async () => {
  const broker = await brokerFor()
  const proxy = await proxyFor(broker)
  const { agent } = await agentFor({ port: proxy.port, dataDir: await filled(200) })
  await agent.start()
  for (const already of [20, 60, 100, 150]) {
    await until(() => new Set(broker.ids()).size >= already)
    proxy.cut()
  }
  await until(() => new Set(broker.ids()).size === 200)
  expect(distinct(broker).sort()).toEqual(expectedOf(200).sort())
})

test('a frame the server refuses is found, set aside and reported; the others get through', async () => {
  const broker = await brokerFor()
  broker.decide((topic) => !topic.endsWith('/frame/3'))
  const { agent, log } = await agentFor({ port: broker.port, dataDir: await filled(12) })
  await agent.start()
  await until(() => new Set(broker.ids()).size === 11)
  await until(() => log.lines.some((line) => line.includes('publish_refused')))
  const { fault, parkedFrames, outboxFrames } = await agent.status()
  expect({ parkedFrames, outboxFrames }).toEqual({ parkedFrames: 1, outboxFrames: 1 })
  expect(fault).toContain('pi/cam/3')
  expect(log.lines.filter((line) => line.includes('publish_refused'))).toHaveLength(1)
})

test('a frame that cannot be read any more is dropped and counted; the others get through', async () => {
  const broker = await brokerFor()
  const dataDir = await filled(5)
  const { agent, log } = await agentFor({ port: broker.port, dataDir })
  broker.decide(async (topic) => {
    if (topic.endsWith('/status')) await rm(join(dataDir, 'outbox', 'cam.2.jpg'), { force: true })
    return true
  })
  await agent.start()
  await until(() => broker.received.length === 4)
  expect(broker.ids()).toEqual([1, 3, 4, 5])
  await agent.close()
  expect(await agent.status()).toMatchObject({ outboxFrames: 0, droppedFrames: 1 })
  expect(log.lines.join()).toContain('cam/2 cannot be read any more')
})

test('a wrong token is said in words, and the agent keeps trying', async () => {
  const broker = await brokerFor()
  const { agent, log } = await agentFor({ port: broker.port, token: 'wrong' })
  await agent.start()
  const refusals = () => log.lines.filter((line) => line.includes('refuses device pi: check device and token'))
  await until(() => refusals().length >= 3)
})

test('status is retained: online with what it should say, offline after a clean end', async () => {
  const broker = await brokerFor()
  const { agent } = await agentFor({ port: broker.port })
  const status = () => JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}')
  await agent.start()
  await until(() => status().state === 'online')
  expect(status()).toMatchObject({ cameras: ['cam'], driver: 'folder', outboxFrames: 0, droppedFrames: 0, fault: null })
  expect(status().version).toMatch(/^\d+\.\d+\.\d+$/)
  await agent.close()
  expect(status()).toEqual({ state: 'offline' })
})

test('a fault that comes or goes is told before the next status is due, and not more often than the pause allows', async () => {
  const broker = await brokerFor()
  const told: (string | null | undefined)[] = []
  broker.aedes.on('publish', ({ topic, payload }, client) => {
    if (client && topic === 'ajar/pi/status') told.push(JSON.parse(payload.toString()).captures?.cam.fault)
  })
  const jpeg = await renderDoor({ seed: 1, atMs: 0, width: 64, height: 64, dayMs: DAY_MS })
  let isOpen = false
  const webcam = createServer((_request, response) => response.writeHead(isOpen ? 200 : 401).end(isOpen ? jpeg : ''))
  webcam.listen(0, '127.0.0.1')
  await once(webcam, 'listening')
  onTestFinished(() => void webcam.close().closeAllConnections())
  const pauses: number[] = []
  // Long pauses are cut short, so that the test ends.
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await systemClock.sleep(ms >= 1_000_000 ? ms : Math.min(ms, 50), signal)
    if (ms === 900 || ms === 5000) pauses.push(ms)
  }
  const url = `http://viewer:secret@127.0.0.1:${(webcam.address() as AddressInfo).port}/`
  const parts = { port: broker.port, camera: { driver: 'http-snapshot', url, intervalMs: 50 } }
  const { agent } = await agentFor({ ...parts, statusIntervalMs: 3_600_000 }, { clock: { ...systemClock, sleep } })
  await agent.start()
  for (let flaps = 0; flaps < 4; flaps++) {
    await until(() => told.at(-1)?.endsWith('refuses user and password (401)') === true)
    isOpen = true
    await until(() => told.at(-1) === null)
    isOpen = false
  }
  expect(told.join()).not.toMatch(/viewer|secret/)
  expect(told.length).toBeLessThanOrEqual(1 + pauses.length)
  // Where it goes on like that the pauses grow.
  expect(pauses.slice(0, 6)).toEqual([900, 900, 900, 900, 900, 5000])
})

test('the last will says offline when the connection is lost', async () => {
  const broker = await brokerFor()
  const proxy = await proxyFor(broker)
  const { agent, states } = await agentFor({ port: proxy.port })
  const wills: string[] = []
  await broker.aedes.subscribe(
    'ajar/pi/status',
    (packet, done) => {
      wills.push(packet.payload.toString())
      done()
    },
    () => {},
  )
  await agent.start()
  await until(() => states().includes('connected'))
  proxy.cut()
  await until(() => wills.includes('{"state":"offline"}'))
})

test('an agent can be closed while the server answers nothing', async () => {
  const broker = await brokerFor()
  const dataDir = await filled(3)
  const asked = { statuses: 0, frames: 0 }
  const never = new Promise<boolean>(() => {})
  broker.decide(() => {
    asked.statuses++
    return never
  })
  const greeting = await agentFor({ port: broker.port })
  await greeting.agent.start()
  await until(() => asked.statuses > 0)
  await greeting.agent.close()
  broker.decide((topic) => {
    if (!topic.includes('/frame/')) return true
    asked.frames++
    return never
  })
  const sending = await agentFor({ port: broker.port, dataDir })
  await sending.agent.start()
  await until(() => asked.frames === 3)
  await sending.agent.close()
  expect((await sending.agent.status()).outboxFrames).toBe(3)
})

/** Sends a message of the server to the agent. */
function tell(broker: Broker, topic: string, message: unknown): void {
  broker.aedes.publish(
    { cmd: 'publish', topic, payload: JSON.stringify(message), qos: 1, retain: true, dup: false },
    () => {},
  )
}

test('settings of the server are applied or refused with reasons', async () => {
  const broker = await brokerFor()
  const camera = { driver: 'synthetic', width: 64, height: 64, intervalMs: 3_600_000 }
  const { agent } = await agentFor({ port: broker.port, camera })
  await agent.start()
  const applied = () => JSON.parse(broker.retained.get('ajar/pi/config/applied') ?? '{}')
  tell(broker, 'ajar/pi/config/desired', { version: 1, settings: { intervalMs: 10 } })
  await until(() => applied().version === 1)
  expect(applied()).toEqual({ version: 1, ok: true, errors: [] })
  await until(() => broker.received.length >= 5)
  tell(broker, 'ajar/pi/config/desired', { version: 2, settings: { token: 'x', intervalMs: 'fast' } })
  await until(() => applied().version === 2)
  expect(applied()).toEqual({
    version: 2,
    ok: false,
    errors: ['token cannot be changed while the agent runs: set it in its config file', 'intervalMs must be integer'],
  })
})

test('an interval for a camera that has its own pace is refused', async () => {
  const broker = await brokerFor()
  const { agent } = await agentFor({ port: broker.port })
  await agent.start()
  tell(broker, 'ajar/pi/config/desired', { version: 7, settings: { intervalMs: 10 } })
  await until(() => broker.retained.has('ajar/pi/config/applied'))
  const applied = JSON.parse(broker.retained.get('ajar/pi/config/applied') ?? '')
  expect(applied).toMatchObject({ version: 7, ok: false })
})

test('a rejected frame or reading is told to people', async () => {
  const broker = await brokerFor()
  const { agent, log, states } = await agentFor({ port: broker.port })
  await agent.start()
  await until(() => states().includes('connected'))
  tell(broker, 'ajar/pi/rejected', { frame: 'pi/cam/1', code: 'not_jpeg', reason: 'it is text' })
  await until(() => log.lines.some((line) => line.includes('pi/cam/1 (not_jpeg): it is text')))
  for (let ms = 2; ms <= 20; ms++) {
    tell(broker, 'ajar/pi/rejected', { frame: `pi/cam/${ms}`, code: 'not_jpeg', reason: 'it is text' })
  }
  tell(broker, 'ajar/pi/rejected', { reading: 'pi/door/1', code: 'not_a_reading', reason: 'it has no value' })
  await until(() => log.lines.some((line) => line.includes('pi/door/1 (not_a_reading): it has no value')))
  // What is refused each second, for weeks, does not fill the log.
  expect(log.lines.filter((line) => line.includes('not_jpeg'))).toHaveLength(5)
})

test('a frame refused because of its time is a fault in the status, until long enough nothing was', async () => {
  const broker = await brokerFor()
  let passed = 0
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passed }
  const { agent, log, states } = await agentFor({ port: broker.port }, { clock })
  await agent.start()
  await until(() => states().includes('connected'))
  tell(broker, 'ajar/pi/rejected', { frame: 'pi/cam/4070908800000', code: 'clock', reason: 'set the clock' })
  await until(() => log.lines.some((line) => line.includes('(clock): set the clock')))
  expect((await agent.status()).fault).toBe('clock: the server refused pi/cam/4070908800000: set the clock')
  passed = 300_000
  expect((await agent.status()).fault).toBeNull()
})

test('a device without a clock takes pictures; when it has been set they are sent with the times they were taken at', async () => {
  const broker = await brokerFor()
  const path = await folderOf(Object.fromEntries(upTo(20).map((i) => [`${String(i).padStart(2, '0')}.jpg`, `p${i}`])))
  let ahead = -1e12
  let trust: ClockTrust = 'unset'
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const camera = { driver: 'folder', path, intervalMs: 2 }
  const startedAt = systemClock.now()
  const { agent, states } = await agentFor({ port: broker.port, camera }, { clock, clockTrust: () => trust })
  await agent.start()
  await until(() => states().includes('ended') && states().includes('connected'))
  expect(await agent.status()).toMatchObject({ untimed: 20, outboxFrames: 20, oldestWaitingMs: null })
  const endedAt = systemClock.now()
  ahead = 0
  trust = 'synchronised'
  await until(() => states().includes('drained'))
  const sha = (i: number) => createHash('sha256').update(`p${i}`).digest('hex')
  expect(broker.received.map(({ sha256 }) => sha256)).toEqual(upTo(20).map(sha))
  expect(broker.ids()).toEqual([...new Set(broker.ids())].sort((a, b) => a - b))
  expect(broker.ids()[0]).toBeGreaterThanOrEqual(startedAt - 1)
  expect(broker.ids().at(-1)).toBeLessThanOrEqual(endedAt + 1)
  expect(await agent.status()).toMatchObject({ untimed: 0, outboxFrames: 0, droppedFrames: 0, fault: null })
})

test('a camera that waits for the clock is a fault in the status', async () => {
  const broker = await brokerFor()
  const { agent } = await agentFor({ port: broker.port }, { clockTrust: () => 'unset' })
  await agent.start()
  expect((await agent.status()).fault).toBe(
    'clock: frames wait on the device until its clock is set; check the time service',
  )
})
