import { expect, test } from 'vitest'
import { connectPacket, field, packet, publishPacket, RawClient, subscribePacket } from './raw-client.ts'
import { codes, connect, PASSWORD, startBroker, until } from './start-broker.ts'

const INVALID_UTF8 = Buffer.from([0x61, 0xc3, 0x28])
const login = { username: 'pi', password: PASSWORD }

const FIRST_PACKETS: [string, Buffer][] = [
  ['a remaining length of five bytes', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ['CONNECT of more than 16 KB', packet(0x10, Buffer.alloc(20_000))],
  ['a length of 256 MB', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
  ['a first packet that is no CONNECT', publishPacket('ajar/pi/cam/frame', Buffer.alloc(1))],
  ['PINGREQ first', Buffer.from([0xc0, 0])],
  ['a packet of type 0', Buffer.from([0, 0])],
  ['an empty CONNECT', packet(0x10)],
  ['CONNECT cut short', packet(0x10, field('MQTT'), [4, 2])],
  ['CONNECT with something behind it', Buffer.concat([packet(0x10, field('MQTT'), [4, 2, 0, 60], field('a'), [1, 2])])],
  ['a client id that is not UTF-8', connectPacket({ ...login, clientId: INVALID_UTF8 })],
  ['a client id with a null character', connectPacket({ ...login, clientId: 'a\0b' })],
  ['a will topic that is not UTF-8', connectPacket({ ...login, will: { topic: INVALID_UTF8, payload: '' } })],
  ['a will of QoS 3', connectPacket({ ...login, flags: 0x1a, will: { topic: 'ajar/pi/status', payload: '' } })],
  ['will QoS without a will', connectPacket({ ...login, flags: 0x0a })],
  ['a password without a user name', connectPacket({ password: PASSWORD })],
  ['the reserved flag of CONNECT', connectPacket({ ...login, flags: 0x03 })],
  ['another protocol name', packet(0x10, field('HTTP'), [4, 2, 0, 60], field('a'))],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['TLS', Buffer.from('16030100c6010000c20303', 'hex')],
]

test.each(FIRST_PACKETS)('%s closes the connection', async (_name, bytes) => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  client.send(bytes)
  await client.closed
  expect(await client.take(1)).toHaveLength(0)
  expect(codes(heard)).toHaveLength(1)
  expect(['protocol_error', 'packet_too_large']).toContain(codes(heard)[0])
  await connect(port, 'still-served')
})

test.each([5, 0, 2, 6])('protocol level %i gets CONNACK 1', async (level) => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  client.send(connectPacket({ ...login, level }))
  expect(await client.take(4)).toEqual(Buffer.from([0x20, 2, 0, 1]))
  await client.closed
  expect(codes(heard)).toEqual(['protocol_version'])
})

const LATER_PACKETS: [string, Buffer][] = [
  ['CONNECT a second time', connectPacket(login)],
  ['PUBLISH with packet id 0', publishPacket('ajar/pi/cam/frame', Buffer.alloc(1), 0)],
  ['PUBLISH of QoS 3', publishPacket('ajar/pi/cam/frame', Buffer.alloc(1), 1, 0x36)],
  ['PUBLISH with an empty topic', publishPacket('', Buffer.alloc(1))],
  ['PUBLISH with a wildcard', publishPacket('ajar/pi/+/frame', Buffer.alloc(1))],
  ['PUBLISH with a topic that is not UTF-8', publishPacket(INVALID_UTF8, Buffer.alloc(1))],
  ['PUBLISH with a null character', publishPacket('ajar/pi/c\0/frame', Buffer.alloc(1))],
  ['PUBLISH cut short', packet(0x32, [0, 50, 97])],
  ['PUBLISH without its packet id', packet(0x32, field('ajar/pi/cam/frame'))],
  ['a topic of 200 levels', publishPacket('a/'.repeat(200), Buffer.alloc(1))],
  ['a topic of 65535 slashes', publishPacket('/'.repeat(65535), Buffer.alloc(1))],
  ['PUBACK with packet id 0', packet(0x40, [0, 0])],
  ['PUBACK without packet id', packet(0x40)],
  ['SUBSCRIBE with packet id 0', subscribePacket('ajar/pi/#', 0)],
  ['SUBSCRIBE without a filter', packet(0x82, [0, 1])],
  ['SUBSCRIBE with wrong flags', packet(0x80, [0, 1], field('ajar/pi/#'), [0])],
  ['SUBSCRIBE of QoS 3', packet(0x82, [0, 1], field('ajar/pi/#'), [3])],
  ['SUBSCRIBE to an empty filter', subscribePacket('')],
  ['SUBSCRIBE with # in the middle', subscribePacket('ajar/pi/#/x')],
  ['SUBSCRIBE with a filter that is not UTF-8', subscribePacket(INVALID_UTF8)],
  ['SUBSCRIBE without the QoS of its last filter', packet(0x82, [0, 1], field('ajar/pi/#'))],
  ['UNSUBSCRIBE with packet id 0', packet(0xa2, [0, 0], field('ajar/pi/#'))],
  ['UNSUBSCRIBE without a filter', packet(0xa2, [0, 1])],
  ['SUBACK from a client', packet(0x90, [0, 1, 0])],
  ['CONNACK from a client', packet(0x20, [0, 0])],
  ['AUTH', packet(0xf0, [0])],
  ['a remaining length of five bytes', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])],
]

test.each(LATER_PACKETS)('%s closes the connection', async (_name, bytes) => {
  const { port, heard } = await startBroker()
  const client = await RawClient.admitted(port, 'pi')
  client.send(bytes)
  await client.closed
  expect(await client.take(1)).toHaveLength(0)
  expect(codes(heard)).toHaveLength(1)
  expect(heard.frames).toHaveLength(0)
  await connect(port, 'still-served')
})

test('CONNECT that does not come closes the connection', async () => {
  const { port, heard } = await startBroker({}, { connectMs: 20 })
  const client = await RawClient.open(port)
  client.send(Buffer.from([0x10]))
  await client.closed
  expect(codes(heard)).toEqual(['protocol_error'])
})

test('a client that is silent for longer than its keepalive is disconnected', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  client.send(connectPacket({ ...login, keepalive: 1 }))
  await client.closed
  expect(codes(heard)).toEqual(['keepalive_timeout'])
})

test('packets that come byte by byte, and many at once, are understood', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  client.socket.setNoDelay(true)
  const greeting = connectPacket({ ...login, clientId: 'pi' })
  for (const byte of greeting) {
    client.send(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await client.take(4)
  client.send(
    Buffer.concat(
      Array.from({ length: 200 }, (_, i) => publishPacket(`ajar/pi/cam/frame/${i}`, Buffer.alloc(i), i + 1)),
    ),
  )
  const acks = await client.take(800)
  expect(Array.from({ length: 200 }, (_, i) => acks.readUInt16BE(i * 4 + 2))).toEqual(
    Array.from({ length: 200 }, (_, i) => i + 1),
  )
  expect(heard.frames.map(({ jpeg }) => jpeg.length)).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

test('what follows CONNECT without waiting for CONNACK is handled after it, also when the client hangs up', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  const frame = publishPacket('ajar/pi/cam/frame', Buffer.alloc(100_000))
  client.socket.end(Buffer.concat([connectPacket(login), frame, frame]))
  await until(() => heard.frames.length === 2)
})

test('random bytes never stop the broker', async () => {
  const { port } = await startBroker({}, { maxConnections: 5000 })
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed % below
  }
  for (let round = 0; round < 200; round += 1) {
    const client = round % 2 === 0 ? await RawClient.open(port) : await RawClient.admitted(port, `pi${round}`)
    const valid = [
      connectPacket(login),
      publishPacket('ajar/pi/cam/frame', Buffer.alloc(300)),
      subscribePacket('ajar/pi/#'),
    ]
    const bytes = Buffer.from(valid[random(3)] as Buffer)
    for (let i = 0; i < 4; i += 1) bytes[random(Math.min(bytes.length, 40))] = random(256)
    client.socket.end(bytes)
    await client.closed
  }
  await connect(port, 'still-served')
})
