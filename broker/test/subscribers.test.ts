import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { refuseSubscribe } from '../src/access.ts'
import { connectPacket, field, packet, RawClient, subscribePacket } from './raw-client.ts'
import { closed, codes, connect, PASSWORD, startBroker, until } from './start-broker.ts'

const pi = { kind: 'device', name: 'pi' } as const
const operator = { kind: 'operator', name: 'ops' } as const

test.each([
  'ajar/pi/#',
  'ajar/pi/+/state',
  'ajar/pi/config/desired',
  'ajar/pi/rejected',
  'ajar/pi/+/+',
  'ajar/pi/later',
])('a device may subscribe to %s', (filter) => expect(refuseSubscribe(pi, filter)).toBeNull())

test.each([
  '#',
  'ajar/#',
  'ajar/+/status',
  'ajar/pi',
  'ajar/other/#',
  'ajar/pi2/#',
  '+/pi/#',
  '$SYS/#',
  '$share/group/ajar/pi/#',
  'ajar/pi/cam/frame',
  'ajar/pi/+/frame/+',
  'ajar/pi/cam/frame/#',
])('a device may not subscribe to %s', (filter) => expect(refuseSubscribe(pi, filter)).not.toBeNull())

test.each(['#', '+/+/+', 'ajar/+/status', 'ajar/#', '$SYS/#', 'ajar/pi/cam/state'])(
  'an operator may subscribe to %s',
  (filter) => expect(refuseSubscribe(operator, filter)).toBeNull(),
)

test.each(['$share/g/#', '$share', '$other/#', 'ajar/+/+/frame', 'ajar/+/cam/frame/#'])(
  'an operator may not subscribe to %s',
  (filter) => expect(refuseSubscribe(operator, filter)).not.toBeNull(),
)

test('a refused filter gets SUBACK 0x80, an event, and the connection stays', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.admitted(port, 'pi')
  client.send(packet(0x82, [0, 9], field('ajar/other/#'), [1], field('ajar/pi/#'), [1]))
  expect(await client.take(6)).toEqual(Buffer.from([0x90, 4, 0, 9, 0x80, 1]))
  expect(codes(heard)).toEqual(['refused_subscribe'])
  client.send(subscribePacket('ajar/pi/status'))
  expect(await client.take(5)).toEqual(Buffer.from([0x90, 3, 0, 1, 0]))
})

test('subscriptions of one connection are limited', async () => {
  const { port } = await startBroker({}, { maxSubscriptionsPerConnection: 2 })
  const client = await connect(port, 'token')
  await client.subscribeAsync(['a', 'b'])
  await expect(client.subscribeAsync('c')).rejects.toThrow()
})

test('a QoS 1 followed at once by a QoS 0 arrives, 100 times of 100', async () => {
  const { port } = await startBroker()
  const subscriber = await connect(port, 'token')
  const publisher = await connect(port, 'pi')
  const values: string[] = []
  subscriber.on('message', (_topic, payload) => values.push(payload.toString()))
  await subscriber.subscribeAsync('ajar/#', { qos: 1 })
  for (let i = 0; i < 100; i += 1) {
    publisher.publish('ajar/pi/door/reading', `one ${i}`, { qos: 1 })
    publisher.publish('ajar/pi/door/reading', `none ${i}`, { qos: 0 })
  }
  await until(() => values.length >= 200)
  expect(new Set(values).size).toBe(200)
})

test('a message of the server that overtakes an older one does not make it disappear', async () => {
  const { broker, port } = await startBroker()
  const subscriber = await connect(port, 'token')
  const got = new Set<string>()
  subscriber.on('message', (_topic, payload) => got.add(payload.toString()))
  await subscriber.subscribeAsync('ajar/#', { qos: 1 })
  // Retaining takes a step more, so the second of each pair is sent first.
  const pairs = Array.from({ length: 100 }, (_, i) => [
    broker.publish('ajar/pi/cam/state', `state ${i}`, { retain: true }),
    broker.publish('ajar/pi/rejected', `rejected ${i}`, { retain: false }),
  ])
  await Promise.all(pairs.flat())
  await broker.publish('ajar/pi/rejected', 'last', { retain: false })
  await until(() => got.has('last'))
  expect(got.size).toBe(201)
})

test('a message that matches several subscriptions arrives once', async () => {
  const { broker, port } = await startBroker()
  const subscriber = await connect(port, 'token')
  const got: string[] = []
  subscriber.on('message', (_topic, payload) => got.push(payload.toString()))
  await subscriber.subscribeAsync(['ajar/#', 'ajar/pi/+/state', '#'], { qos: 1 })
  await broker.publish('ajar/pi/cam/state', 'first', { retain: false })
  await broker.publish('ajar/pi/cam/state', 'second', { retain: false })
  await until(() => got.includes('second'))
  expect(got).toEqual(['first', 'second'])
})

test('subscribing anew brings the retained messages anew', async () => {
  const { broker, port } = await startBroker()
  await broker.publish('ajar/pi/cam/state', 'closed', { retain: true })
  const subscriber = await connect(port, 'token')
  let got = 0
  subscriber.on('message', () => {
    got += 1
  })
  for (const times of [1, 2]) {
    await subscriber.subscribeAsync('ajar/#')
    await until(() => got === times)
    await subscriber.unsubscribeAsync('ajar/#')
  }
})

/** A subscriber to everything whose socket is never read again. */
async function frozenSubscriber(port: number): Promise<RawClient> {
  const frozen = await RawClient.admitted(port, 'token')
  frozen.send(subscribePacket('ajar/#'))
  await frozen.take(5)
  frozen.socket.pause()
  return frozen
}

test('a frozen subscriber loses QoS 0, counted, and delays nobody', async () => {
  const { broker, port, heard } = await startBroker({}, { maxUnsentBytes: 100_000 })
  await frozenSubscriber(port)
  const lively = await connect(port, 'token', { clientId: 'lively' })
  let got = 0
  lively.on('message', () => {
    got += 1
  })
  await lively.subscribeAsync('ajar/#')
  const device = await connect(port, 'pi')
  const payload = Buffer.alloc(50_000, 0x20)
  let sent = 0
  while (broker.stats().droppedMessagesTotal < 20) {
    await device.publishAsync('ajar/pi/door/reading', payload, { qos: 0 })
    sent += 1
    await until(() => got === sent)
  }
  expect(codes(heard)).toEqual(['subscriber_slow'])
  // Frames are acknowledged all the while.
  await device.publishAsync('ajar/pi/cam/frame', payload, { qos: 1 })
})

test("a frozen subscriber of the server's messages is disconnected, and publishing never waits for it", async () => {
  const { broker, port, heard } = await startBroker({}, { maxUnsentBytes: 100_000 })
  const frozen = await frozenSubscriber(port)
  const payload = Buffer.alloc(50_000, 0x20)
  while (!codes(heard).includes('subscriber_dropped')) {
    await broker.publish('ajar/pi/cam/state', payload, { retain: false })
  }
  expect(codes(heard)).toEqual(['subscriber_slow', 'subscriber_dropped'])
  frozen.socket.resume()
  await frozen.closed
})

test('$SYS is for operators who ask for it, and # does not bring it', async () => {
  const { port } = await startBroker()
  const watcher = await connect(port, 'token', { clientId: 'watcher' })
  const other = await connect(port, 'token', { clientId: 'other' })
  const sys: string[] = []
  const all: string[] = []
  watcher.on('message', (topic) => sys.push(topic))
  other.on('message', (topic) => all.push(topic))
  await watcher.subscribeAsync('$SYS/#')
  await other.subscribeAsync('#')
  await connect(port, 'pi')
  await until(() => sys.length > 0)
  expect(all).toEqual([])
})

test('no session outlives its connection', async () => {
  const { broker, port } = await startBroker()
  const first = await connect(port, 'token', { clean: false })
  await first.subscribeAsync('ajar/#', { qos: 1 })
  await first.endAsync()
  await broker.publish('ajar/pi/cam/state', 'closed', { retain: false })
  const client = await RawClient.open(port)
  client.send(connectPacket({ clientId: 'token', username: 'token', password: PASSWORD, flags: 0 }))
  expect(await client.take(4)).toEqual(Buffer.from([0x20, 2, 0, 0]))
})

test('nothing is queued for absent clients', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const { broker, port } = await startBroker()
  const absent = await connect(port, 'token', { clean: false })
  await absent.subscribeAsync('ajar/#', { qos: 1 })
  await absent.endAsync()
  await until(() => broker.stats().connections === 0)
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 100; i += 1) await broker.publish('ajar/pi/rejected', Buffer.alloc(100_000), { retain: false })
  // The memory of buffers is given back a little after they were collected.
  await until(() => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers - before < 1_000_000
  })
})

test('a will on anything but the own status is refused', async () => {
  const { port, heard } = await startBroker()
  for (const topic of ['ajar/other/status', 'ajar/pi/cam/frame', 'ajar/pi/cam/state', 'x']) {
    const client = await RawClient.open(port)
    client.send(connectPacket({ username: 'pi', password: PASSWORD, will: { topic, payload: 'x' } }))
    expect(await client.take(4)).toEqual(Buffer.from([0x20, 2, 0, 5]))
    await client.closed
  }
  expect(new Set(codes(heard))).toEqual(new Set(['refused_will']))
})

test('the last will is stored, retained and published when the connection breaks', async () => {
  const { port, heard } = await startBroker()
  const operator = await connect(port, 'token')
  const got: string[] = []
  operator.on('message', (_topic, payload) => got.push(payload.toString()))
  await operator.subscribeAsync('ajar/+/status', { qos: 1 })
  const will = { topic: 'ajar/pi/status', payload: Buffer.from('offline'), qos: 1, retain: false } as const
  const device = await connect(port, 'pi', { will })
  await device.publishAsync('ajar/pi/status', 'online', { qos: 1 })
  device.stream.destroy()
  await until(() => got.length === 2)
  expect(got).toEqual(['online', 'offline'])
  expect(heard.statuses).toEqual(['pi online', 'pi offline'])
  const late = await connect(port, 'token', { clientId: 'late' })
  late.on('message', (_topic, payload) => got.push(payload.toString()))
  await late.subscribeAsync('ajar/+/status')
  await until(() => got.length === 3)
  expect(got[2]).toBe('offline')
})

test('the will of a connection that was taken over says nothing: the device is here', async () => {
  const { port, heard } = await startBroker()
  const will = { topic: 'ajar/pi/status', payload: Buffer.from('offline'), qos: 1, retain: true } as const
  const older = await connect(port, 'pi', { will })
  const gone = closed(older)
  const newer = await connect(port, 'pi', { will })
  await gone
  await newer.publishAsync('ajar/pi/status', 'online', { qos: 1 })
  expect(heard.statuses).toEqual(['pi online'])
  await newer.endAsync()
  expect(heard.presence).toEqual(['pi here', 'pi gone'])
})
