import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Broker, type BrokerEvent, type BrokerLimits, createBroker } from '@ajar/broker'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { mqttOverWebSocket } from '../src/http/mqtt-websocket.ts'
import { Upgrades } from '../src/http/upgrades.ts'
import { createLog } from '../src/index.ts'
import { until } from './running-server.ts'

const MOST_FRAME = 1024 * 1024
const quiet = createLog('silent')

interface Served {
  broker: Broker
  server: Server
  port: number
  frames: Map<string, Uint8Array>
  events: BrokerEvent[]
}

/** A broker behind the upgrade router; any name gets in, `token` as an operator. */
async function serve(
  limits: Partial<BrokerLimits> = {},
  upgrades = new Upgrades(quiet, 100),
  halfMessageMs = 30_000,
): Promise<Served> {
  const frames: Served['frames'] = new Map()
  const events: BrokerEvent[] = []
  const broker = createBroker(
    {
      authenticate: async (name) => ({ kind: name === 'token' ? 'operator' : 'device', name }),
      onFrame: async ({ time, jpeg }) => void frames.set(time ?? '', Buffer.from(jpeg)),
      onReading: async () => {},
      onStatus: async () => {},
      onConfigApplied: async () => {},
      onPresence: () => {},
      onEvent: (event) => void events.push(event),
    },
    { maxFrameBytes: MOST_FRAME, ...limits },
  )
  await broker.restoreRetained([])
  mqttOverWebSocket(upgrades, {
    maxFrameBytes: MOST_FRAME,
    halfMessageMs,
    accept: (stream, address) => broker.accept(stream, address, 'websocket'),
  })
  const server = createServer((_request, response) => response.end('plain'))
  server.on('upgrade', (request, socket, head) => upgrades.take(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    await broker.close()
    upgrades.close()
    server.close()
  })
  return { broker, server, port: (server.address() as AddressInfo).port, frames, events }
}

async function connect(port: number, username: string) {
  const options = { clientId: username, username, password: 'any', reconnectPeriod: 0 }
  const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, options)
  client.on('error', () => {})
  onTestFinished(() => void client.end(true))
  return client
}

/** A bare WebSocket, open. */
async function open(port: number, subprotocols = ['mqtt']): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, subprotocols)
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** The status with which an upgrade is refused. */
async function refusalOf(port: number, path: string, headers: Record<string, string>, subprotocols = ['mqtt']) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocols, { headers })
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString())
  return { status: response.statusCode, code: body.error.code }
}

/** CONNECT of MQTT 3.1.1 with this client id, no keepalive, and user name `token`. */
function connectPacket(clientId: string): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(clientId), text('token'), text('any')])
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}

test('frames come byte for byte, whole or in pieces of any size', async () => {
  const { port, frames } = await serve()
  const client = await connect(port, 'pi')
  const jpegs = [1, 2, 3].map((id) => Buffer.alloc(300_000 * id, id))
  await Promise.all(jpegs.map((jpeg, i) => client.publishAsync(`ajar/pi/cam/frame/${i + 1}`, jpeg, { qos: 1 })))
  for (const [i, jpeg] of jpegs.entries()) expect(jpeg.equals(frames.get(String(i + 1)) ?? Buffer.alloc(0))).toBe(true)

  const bare = await open(port)
  const answers: Buffer[] = []
  bare.on('message', (bytes: Buffer) => answers.push(bytes))
  for (const byte of connectPacket('bytewise')) bare.send(Buffer.from([byte]))
  await until(() => Buffer.concat(answers).equals(Buffer.from([0x20, 2, 0, 0])))
})

test.each([
  ['an unknown path', '/elsewhere', {}, ['mqtt'], { status: 404, code: 'not_found' }],
  [
    'a page of somebody else',
    '/mqtt',
    { origin: 'https://evil.example' },
    ['mqtt'],
    { status: 403, code: 'cross_origin' },
  ],
  ['a sandboxed page', '/mqtt', { origin: 'null' }, ['mqtt'], { status: 403, code: 'cross_origin' }],
  ['another subprotocol', '/mqtt', {}, ['chat'], { status: 400, code: 'bad_subprotocol' }],
])('%s is refused, and told so', async (_, path, headers, subprotocols, refusal) => {
  const { port } = await serve()
  expect(await refusalOf(port, path, headers, subprotocols)).toEqual(refusal)
})

test('a page of our own gets in, and the query does not matter', async () => {
  const { port } = await serve()
  const headers = { origin: `http://127.0.0.1:${port}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt?from=here`, ['mqtt'], { headers })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  expect(socket.protocol).toBe('mqtt')
})

test('beyond the limit of open WebSockets one is refused, until another ends', async () => {
  const { port } = await serve({}, new Upgrades(quiet, 1))
  const first = await open(port)
  expect(await refusalOf(port, '/mqtt', {})).toEqual({ status: 503, code: 'busy' })
  first.terminate()
  await until(() => open(port).catch(() => null))
})

test('who shows no credential is closed in the time that CONNECT has', async () => {
  const { port } = await serve({ connectMs: 100 })
  await once(await open(port), 'close')
})

test('before the first answer nobody has much kept for him', async () => {
  const { port, events } = await serve()
  const socket = await open(port)
  // One message that never ends: what is kept of it is bounded, though a frame may be larger.
  const send = () => socket.send(Buffer.alloc(64 * 1024), { fin: false }, (error) => !error && setImmediate(send))
  send()
  await once(socket, 'close')
  await until(() => events.some(({ text }) => text.includes('before the first answer')))
})

test.each([
  ['a message without its last fragment', (socket: WebSocket) => socket.send('half', { fin: false, binary: true })],
  [
    'half a frame',
    (_: WebSocket, socket: Socket) => socket.write(Buffer.from([0x82, 0xfe, 1, 0, 0, 0, 0, 0, 1, 2, 3])),
  ],
  ['half a header', (_: WebSocket, socket: Socket) => socket.write(Buffer.from([0x82]))],
])('%s is not kept for ever, while whoever sends whole ones stays', async (_, begin) => {
  const { port, events, broker } = await serve({}, new Upgrades(quiet, 100), 100)
  const good = await connect(port, 'pi')
  const socket = await open(port)
  socket.send(connectPacket('half'))
  await once(socket, 'message')
  begin(socket, (socket as unknown as { _socket: Socket })._socket)
  await once(socket, 'close')
  await until(() => events.some(({ text }) => text.includes('half a message came')))
  expect(good.connected).toBe(true)
  expect(broker.connections().map(({ clientId }) => clientId)).toEqual(['pi'])
})

test.each([
  ['a text message', (socket: WebSocket) => socket.send('hello')],
  ['a message over the limit', (socket: WebSocket) => socket.send(Buffer.alloc(2 * MOST_FRAME))],
])('%s ends the connection and nothing else', async (_, misbehave) => {
  const { port, frames } = await serve()
  const good = await connect(port, 'pi')
  const socket = await open(port)
  socket.send(connectPacket('bad'))
  await once(socket, 'message')
  misbehave(socket)
  await once(socket, 'close')
  await good.publishAsync('ajar/pi/cam/frame/1', Buffer.from('still here'), { qos: 1 })
  expect(frames.size).toBe(1)
})

test('a page that does not read is dropped, and the others get every message', async () => {
  const { broker, port, events } = await serve({ maxUnsentBytes: 64 * 1024 })
  const good = await connect(port, 'token')
  let got = 0
  good.on('message', () => {
    got += 1
  })
  const frozen = await open(port)
  frozen.send(connectPacket('frozen'))
  await once(frozen, 'message')
  const filter = Buffer.from('ajar/#')
  frozen.send(Buffer.concat([Buffer.from([0x82, filter.length + 5, 0, 1, 0, filter.length]), filter, Buffer.from([1])]))
  await once(frozen, 'message')
  frozen.pause()
  await good.subscribeAsync('ajar/#', { qos: 1 })
  let sent = 0
  while (!events.some(({ code }) => code === 'subscriber_dropped')) {
    await broker.publish('ajar/pi/status', Buffer.alloc(32 * 1024), { retain: false })
    sent += 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => got === sent)
  expect(broker.connections().map(({ clientId }) => clientId)).toEqual(['token'])
})

test('when the broker closes, its WebSockets close', async () => {
  const { broker, port } = await serve()
  const client = await connect(port, 'pi')
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  await broker.close()
  await closed
})
