import { expect, test } from 'vitest'
import { BrokerError, createBroker } from '../src/index.ts'
import { publishPacket, RawClient } from './raw-client.ts'
import { codes, connect, gate, startBroker, until } from './start-broker.ts'

const ports = {
  authenticate: async () => null,
  onFrame: async () => {},
  onReading: async () => {},
  onStatus: async () => {},
  onConfigApplied: async () => {},
  onPresence: () => {},
  onEvent: () => {},
}

test.each([
  ['port_in_use', (port: number) => ({ host: '127.0.0.1', port })],
  ['address_unavailable', () => ({ host: '203.0.113.1', port: 0 })],
])('listening fails with %s, and says where', async (code, at) => {
  const { port } = await startBroker()
  const second = createBroker(ports)
  const error = await second.listen(at(port)).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(BrokerError)
  expect(error).toMatchObject({ code, fault: 'environment' })
  await second.close()
})

test('a broker that never started closes', async () => {
  await createBroker(ports).close()
})

test('what was retained before listening is there for the first subscriber', async () => {
  const { broker, port } = await startBroker()
  await broker.restoreRetained([
    { topic: 'ajar/pi/cam/state', payload: '{"state":"closed"}' },
    { topic: 'ajar/pi/config/desired', payload: Buffer.from('{"version":1}') },
  ])
  const device = await connect(port, 'pi')
  const got: string[] = []
  device.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
  await device.subscribeAsync('ajar/pi/#', { qos: 1 })
  await until(() => got.length === 2)
  expect(got.sort()).toEqual(['ajar/pi/cam/state {"state":"closed"}', 'ajar/pi/config/desired {"version":1}'])
})

test('alerts of the server take no room of the device that they are about', async () => {
  const { broker, heard } = await startBroker({}, { maxRetainedPerDevice: 1, maxRetainedAlerts: 2 })
  for (const rule of ['a1b2c3d4e5', 'b1b2c3d4e5', 'c1b2c3d4e5'])
    await broker.publish(`ajar/pi-1/alert/${rule}`, '{}', { retain: true })
  expect(codes(heard)).toEqual(['retained_limit'])
  expect(broker.stats().retainedTopics).toBe(2)
  await broker.publish('ajar/pi-1/cam/state', '{}', { retain: true })
  expect(broker.stats().retainedTopics).toBe(3)
})

test('a device has at most so many retained topics; clearing one makes room', async () => {
  const { broker, heard } = await startBroker({}, { maxRetainedPerDevice: 2 })
  for (const camera of ['a', 'b', 'c']) await broker.publish(`ajar/pi/${camera}/state`, 'x', { retain: true })
  await broker.publish('ajar/other/a/state', 'x', { retain: true })
  expect(codes(heard)).toEqual(['retained_limit'])
  expect(broker.stats().retainedTopics).toBe(3)
  await broker.publish('ajar/pi/a/state', '', { retain: true })
  await broker.publish('ajar/pi/c/state', 'x', { retain: true })
  expect(broker.stats().retainedTopics).toBe(3)
  expect(codes(heard)).toEqual(['retained_limit'])
})

test('closing lets frames in ingest finish and acknowledges them, and takes no new ones', async () => {
  const stored = gate()
  let arrived = 0
  const { broker, port } = await startBroker({
    onFrame: () => {
      arrived += 1
      return stored.opened
    },
  })
  const client = await RawClient.admitted(port, 'pi')
  for (const id of [1, 2, 3]) client.send(publishPacket(`ajar/pi/cam/frame/${id}`, Buffer.alloc(100_000), id))
  await until(() => arrived === 3)
  const closing = broker.close()
  client.send(publishPacket('ajar/pi/cam/frame/4', Buffer.alloc(100_000), 4))
  stored.open()
  await closing
  await client.closed
  const acks = await client.take(1000)
  expect(acks.toString('hex')).toBe('400200014002000240020003')
  expect(arrived).toBe(3)
})

test('closing does not wait for a store that never answers', async () => {
  let arrived = 0
  const { broker, port } = await startBroker(
    {
      onFrame: () => {
        arrived += 1
        return new Promise(() => {})
      },
    },
    { closeMs: 20 },
  )
  const client = await RawClient.admitted(port, 'pi')
  client.send(publishPacket('ajar/pi/cam/frame', Buffer.alloc(1)))
  await until(() => arrived === 1)
  await broker.close()
  await client.closed
  expect(await client.take(1)).toHaveLength(0)
})

test('closing is no reason for last wills', async () => {
  const { broker, port, heard } = await startBroker()
  await connect(port, 'pi', {
    will: { topic: 'ajar/pi/status', payload: Buffer.from('offline'), qos: 1, retain: true },
  })
  await broker.close()
  expect(heard.statuses).toEqual([])
  expect(heard.presence).toEqual(['pi here', 'pi gone'])
})
