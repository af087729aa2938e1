import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { Events } from '../src/database/events.ts'
import type { StateDatabase } from '../src/database/state-database.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Devices } from '../src/devices/devices.ts'
import { KeepAlives, numberOf } from '../src/devices/keep-alives.ts'
import { Registry } from '../src/devices/registry.ts'
import { createHttp } from '../src/http/http.ts'
import { createLog } from '../src/index.ts'
import { legacyRoutes } from '../src/legacy/legacy.ts'
import type { Log } from '../src/logging/levels.ts'
import { Logging } from '../src/logging/logging.ts'
import { SparingLog } from '../src/logging/sparing-log.ts'
import { EventStream } from './event-stream.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const LISTS = ['/server/get/list_of_servers', '/app/get/list_of_servers']
const keepAlive = (server: RunningServer, NAME: string, ID: number) =>
  server.call('POST', '/server/post/keep_alive', { NAME, ID })
const devicesOf = async (server: RunningServer) => (await server.call('GET', '/api/devices')).body.items

test('an entry leaves 30 s after its last keep_alive, whatever is done to the clock', () => {
  let [now, monotonic] = [1_000_000, 0]
  const alive = new KeepAlives(
    () => now,
    () => monotonic,
  )
  const pi = { name: 'RPI 1', number: 10522, address: '1.2.3.4' }
  const other = { name: 'RPI 2', number: 0, address: '1.2.3.4' }
  const names = () => alive.list().map(({ name }) => name)
  alive.take(pi)
  monotonic = 15_000
  alive.take(other)
  now = 1_015_000
  alive.take(pi)
  expect(alive.list()).toContainEqual({ ...pi, firstSeenAt: 1_000_000, seenAt: 1_015_000 })
  now = 0
  monotonic = 44_999
  expect(names().sort()).toEqual(['RPI 1', 'RPI 2'])
  alive.take(other)
  monotonic = 45_000
  expect(names()).toEqual(['RPI 2'])
  monotonic = 74_998
  expect(names()).toEqual(['RPI 2'])
  monotonic = 74_999
  expect(names()).toEqual([])
})

const nobodyAsks = () => Promise.reject(new Error('nobody asks for it'))

test('who was not heard for 30 s is in no list, and that is told', { timeout: 30_000 }, async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const events = new Events()
  const told: object[] = []
  events.subscribe((rows) => told.push(...rows.map(({ data_json }) => JSON.parse(data_json))))
  const log = createLog('silent')
  const devices = new Devices({ database, events, publish: async () => {}, disconnect: async () => {}, log })
  let monotonic = 0
  const clocks = { now: Date.now, monotonic: () => monotonic }
  const sparingLog = { warn: () => {} }
  const registry = new Registry({ database, events, devices, sparingLog, ...clocks, connections: () => [] })
  registry.start()
  onTestFinished(() => registry.close())
  const http = await createHttp({ log, maxFrameBytes: 1024, authenticate: () => null })
  onTestFinished(() => http.close())
  const logging = new Logging({ level: 'silent', file: { path: '', maxBytes: 0, enabled: false }, print: () => {} })
  await legacyRoutes(http, true, {
    ...{ database, registry, now: () => new Date(), logging },
    ...{ redeploy: nobodyAsks, teach: nobodyAsks, takePacket: nobodyAsks, lessons: { take: nobodyAsks } },
    predictions: { newestFor: nobodyAsks, ofTest: nobodyAsks },
    versions: { server: '', models: '', tensorflow: '' },
  })
  const lists = () => Promise.all(LISTS.map(async (url) => (await http.inject({ url })).json()))
  const entry = { addr: '127.0.0.1', name: 'RPI 1', id: 10522 }
  const beat = () =>
    http.inject({ method: 'POST', url: '/server/post/keep_alive', body: '{"NAME":"RPI 1","ID":10522}' })

  await beat()
  await until(() => told.length === 1)
  monotonic = 15_000
  await beat()
  monotonic = 44_999
  expect(await lists()).toEqual([[entry], [entry]])
  monotonic = 45_000
  expect(await lists()).toEqual([[], []])
  await until(() => told.length === 2)
  expect(told).toMatchObject([
    { device: 'RPI 1', connected: true },
    { device: 'RPI 1', connected: false },
  ])
})

test('there are a thousand at most: the one that was silent for longest leaves', () => {
  const alive = new KeepAlives(Date.now, () => 0)
  for (let number = 0; number < 1_000; number++) alive.take({ name: 'a', number, address: '::1' })
  alive.take({ name: 'a', number: 0, address: '::1' })
  alive.take({ name: 'b', number: 0, address: '::1' })
  const numbers = alive.list().map(({ name, number }) => `${name}${number}`)
  expect(numbers).toHaveLength(1_000)
  expect(numbers).not.toContain('a1')
  expect(numbers).toEqual(expect.arrayContaining(['a0', 'a2', 'b0']))
})

test('an address that says a thousand names throws out its own, and health tells of it', () => {
  let monotonic = 0
  const lines: object[] = []
  const registry = new Registry({
    database: {} as StateDatabase,
    events: new Events(),
    devices: { list: () => [] } as unknown as Devices,
    sparingLog: new SparingLog({ warn: (...line: object[]) => lines.push(line) } as unknown as Log, () => monotonic),
    now: () => 0,
    monotonic: () => monotonic,
    connections: () => [],
  })
  const say = (name: string, address: string) => registry.keepAlive({ name, number: 1, address })
  for (const name of ['RPI 1', 'RPI 2']) say(name, '192.168.1.5')
  say('RPI 3', '192.168.1.6')
  for (let i = 0; i < 998; i++) say(`made up ${i}`, '::ffff:192.168.1.66')
  expect(registry.health).toMatchObject([{ level: 'warn', text: expect.stringContaining('192.168.1.66') }])
  for (let i = 998; i < 3_000; i++) say(`made up ${i}`, '::ffff:192.168.1.66')
  const names = registry.present().map(({ name }) => name)
  expect(names).toHaveLength(1_000)
  expect(names).toEqual(expect.arrayContaining(['RPI 1', 'RPI 2', 'RPI 3', 'made up 2999']))
  expect(names).not.toContain('made up 2000')
  expect(lines).toHaveLength(1)
  monotonic = 60_000
  expect(registry.health).toEqual([])
})

test('the number of a device that says none is always the same', () => {
  expect(numberOf('door1')).toBe(numberOf('door1'))
  for (let i = 0; i < 1_000; i++) {
    const number = numberOf(`pi-${i}`)
    expect(Number.isInteger(number) && number >= 0 && number <= 32_767).toBe(true)
  }
})

test('devices of both kinds stand in one list', { timeout: 30_000 }, async () => {
  const server = await RunningServer.start(onTestFinished)
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=device' })
  await keepAlive(server, 'RPI 1', 10522)
  await keepAlive(server, 'RPI 1', 10522)
  await keepAlive(server, 'RPI 1', 7)
  const { token } = (await server.call('POST', '/api/devices', { name: 'door1' })).body
  await server.call('POST', '/api/devices', { name: 'away' })
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'door1', password: token, reconnectPeriod: 0 })
  onTestFinished(async () => void (await client.endAsync()))

  for (const path of LISTS) {
    const { status, headers, body } = await server.call('GET', path)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(JSON.parse(body)).toEqual([
      { addr: '127.0.0.1', name: 'RPI 1', id: 7 },
      { addr: '127.0.0.1', name: 'RPI 1', id: 10522 },
      { addr: '127.0.0.1', name: 'door1', id: numberOf('door1') },
    ])
  }
  expect(await devicesOf(server)).toMatchObject([
    { name: 'RPI 1', number: 7, protocol: 'http', connected: true, address: '127.0.0.1', status: null },
    { name: 'RPI 1', number: 10522, protocol: 'http', connected: true, disabled: false, desired: null },
    { name: 'away', protocol: 'mqtt', connected: false, address: null },
    { name: 'door1', number: numberOf('door1'), protocol: 'mqtt', connected: true, address: '127.0.0.1' },
  ])
  // Seen, not registered: there is nothing to change of it.
  expect((await server.call('GET', '/api/devices/rpi-1')).status).toBe(404)
  const told = () => stream.events.map(({ data }) => data).filter(({ protocol }) => protocol === 'http')
  await until(() => told().length >= 2)
  expect(told()).toEqual([
    { device: 'RPI 1', number: 10522, protocol: 'http', change: 'seen', connected: true, status: null },
    { device: 'RPI 1', number: 7, protocol: 'http', change: 'seen', connected: true, status: null },
  ])
})

test('a name is no page', async () => {
  const server = await RunningServer.start(onTestFinished)
  const name = '<script>alert(1)</script>'
  await keepAlive(server, name, 1)
  const { body } = await server.call('GET', '/app/get/list_of_servers')
  expect(body).not.toContain('<')
  expect(JSON.parse(body)).toEqual([{ addr: '127.0.0.1', name, id: 1 }])
})
