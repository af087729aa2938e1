import { duplexPair } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Identity } from '../src/index.ts'
import { connectPacket, RawClient } from './raw-client.ts'
import { closed, codes, connect, gate, PASSWORD, startBroker, until } from './start-broker.ts'

async function connack(port: number, greeting: Parameters<typeof connectPacket>[0]): Promise<number | undefined> {
  const client = await RawClient.open(port)
  client.send(connectPacket(greeting))
  const answer = await client.take(4)
  return answer[3]
}

test('a wrong password gets CONNACK 4 and an event', async () => {
  const { port, heard } = await startBroker()
  expect(await connack(port, { clientId: 'pi', username: 'pi', password: 'wrong' })).toBe(4)
  expect(heard.events).toMatchObject([{ code: 'bad_credentials', device: null, client: 'pi' }])
  expect(heard.presence).toEqual([])
})

test('no user name gets CONNACK 4', async () => {
  const { port } = await startBroker()
  expect(await connack(port, { clientId: 'pi' })).toBe(4)
})

test('an empty client id gets CONNACK 2 with clean session off, and a name of its own with it on', async () => {
  const { broker, port, heard } = await startBroker()
  expect(await connack(port, { clientId: '', username: 'pi', password: PASSWORD, flags: 0 })).toBe(2)
  expect(codes(heard)).toEqual(['bad_client_id'])
  expect(await connack(port, { clientId: '', username: 'pi', password: PASSWORD })).toBe(0)
  expect(await connack(port, { clientId: '', username: 'pi', password: PASSWORD })).toBe(0)
  expect(new Set(broker.connections().map(({ clientId }) => clientId)).size).toBe(2)
})

test('looking a credential up that takes too long gets CONNACK 3', async () => {
  const { port, heard } = await startBroker({ authenticate: () => new Promise(() => {}) }, { authenticateMs: 20 })
  expect(await connack(port, { clientId: 'pi', username: 'pi', password: PASSWORD })).toBe(3)
  expect(codes(heard)).toEqual(['authentication_timeout'])
})

test('looking a credential up that fails gets CONNACK 3', async () => {
  const { port, heard } = await startBroker({ authenticate: () => Promise.reject(new Error('disk')) })
  expect(await connack(port, { clientId: 'pi', username: 'pi', password: PASSWORD })).toBe(3)
  expect(codes(heard)).toEqual(['authentication_failed'])
})

test('the newest connection of a client id takes over; more than five times a minute is an event', async () => {
  const { broker, port, heard } = await startBroker()
  let older = await connect(port, 'pi')
  for (let i = 0; i < 6; i += 1) {
    const gone = closed(older)
    older = await connect(port, 'pi')
    await gone
    expect(codes(heard)).toEqual(i < 5 ? [] : ['take_over_storm'])
  }
  expect(broker.stats()).toMatchObject({ takeOversTotal: 6, connections: 1 })
  expect(heard.presence).toEqual(['pi here'])
})

test("nobody takes over another credential's connection by using its client id", async () => {
  const { broker, port } = await startBroker()
  const victim = await connect(port, 'pi')
  await connect(port, 'intruder', { clientId: 'pi' })
  await victim.publishAsync('ajar/pi/cam/frame', 'x', { qos: 1 })
  expect(broker.stats()).toMatchObject({ takeOversTotal: 0, connections: 2 })
})

test('a device is present from its first connection to the end of its last', async () => {
  const { port, heard } = await startBroker()
  const one = await connect(port, 'pi', { clientId: 'one' })
  const two = await connect(port, 'pi', { clientId: 'two' })
  await one.endAsync()
  await two.publishAsync('ajar/pi/cam/frame', 'x', { qos: 1 })
  expect(heard.presence).toEqual(['pi here'])
  await two.endAsync()
  await until(() => heard.presence.length === 2)
  expect(heard.presence).toEqual(['pi here', 'pi gone'])
})

test('a revoked credential loses its connections at once, others stay', async () => {
  const { broker, port } = await startBroker()
  const one = await connect(port, 'pi', { clientId: 'one' })
  const two = await connect(port, 'pi', { clientId: 'two' })
  const other = await connect(port, 'other')
  const gone = Promise.all([closed(one), closed(two)])
  await broker.disconnect('pi')
  expect(broker.connections().map(({ identity }) => identity.name)).toEqual(['other'])
  await gone
  await other.publishAsync('ajar/other/cam/frame', 'x', { qos: 1 })
  expect(broker.connections().map(({ identity }) => identity.name)).toEqual(['other'])
})

test('a credential revoked while it is looked up does not get in', async () => {
  const answer = gate()
  let valid: Identity | null = { kind: 'device', name: 'pi' }
  let asked = 0
  const { broker, port } = await startBroker({
    authenticate: async () => {
      asked += 1
      const seen = valid
      await answer.opened
      return seen
    },
  })
  const returnCode = connack(port, { clientId: 'pi', username: 'pi', password: PASSWORD })
  await until(() => asked === 1)
  valid = null
  await broker.disconnect('pi')
  answer.open()
  expect(await returnCode).toBe(4)
  expect(asked).toBe(2)
})

test('connections over the limit are refused with an event', async () => {
  const { broker, port, heard } = await startBroker({}, { maxConnections: 2 })
  await connect(port, 'one')
  await connect(port, 'two')
  expect(await connack(port, { clientId: 'three', username: 'three', password: PASSWORD })).toBe(3)
  expect(codes(heard)).toEqual(['too_many_connections'])
  expect(broker.stats()).toMatchObject({ refusedConnectionsTotal: 1 })
  // Who comes back while the broker takes the old connection for alive needs no room.
  expect(await connack(port, { clientId: 'two', username: 'two', password: PASSWORD })).toBe(0)
})

test('one credential cannot take the connections of all others', async () => {
  const { port, heard } = await startBroker({}, { maxConnectionsPerCredential: 2 })
  await connect(port, 'pi', { clientId: 'one' })
  await connect(port, 'pi', { clientId: 'two' })
  expect(await connack(port, { clientId: 'three', username: 'pi', password: PASSWORD })).toBe(3)
  expect(codes(heard)).toEqual(['too_many_connections'])
  expect(await connack(port, { clientId: 'two', username: 'pi', password: PASSWORD })).toBe(0)
  await connect(port, 'other')
})

test('sockets that say nothing lock nobody out: the oldest is closed, and told of once', async () => {
  const { broker, port, heard } = await startBroker({}, { maxConnections: 5, maxUnauthenticated: 3 })
  const silent: RawClient[] = []
  for (let i = 0; i < 5; i += 1) silent.push(await RawClient.open(port))
  await Promise.all(silent.slice(0, 2).map(({ closed }) => closed))
  await connect(port, 'pi')
  expect(silent.slice(3).map(({ socket }) => socket.destroyed)).toEqual([false, false])
  expect(codes(heard)).toEqual(['too_many_connections'])
  expect(broker.stats()).toMatchObject({ connections: 3, refusedConnectionsTotal: 3 })
})

test('a flood from one address costs nobody at another', async () => {
  const { broker } = await startBroker({}, { maxUnauthenticated: 3 })
  const streams = ['10.0.0.2:1', '10.0.0.1:1', '10.0.0.1:2', '10.0.0.1:3'].map((address) => {
    const [ours, theirs] = duplexPair()
    broker.accept(theirs, address, 'tcp')
    onTestFinished(() => void ours.destroy())
    return theirs
  })
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false])
})

test('a client that hangs up while its credential is looked up leaves nothing behind', async () => {
  const answer = gate()
  let asked = 0
  const { broker, port, heard } = await startBroker({
    authenticate: async (name) => {
      asked += 1
      await answer.opened
      return { kind: 'device', name }
    },
  })
  const client = await RawClient.open(port)
  client.send(connectPacket({ clientId: 'pi', username: 'pi', password: PASSWORD }))
  await until(() => asked === 1)
  client.socket.resetAndDestroy()
  await until(() => broker.stats().connections === 0)
  answer.open()
  await connect(port, 'other')
  expect(heard.presence).toEqual(['other here'])
})
