import { expect, test } from 'vitest'
import { connectPacket, publishPacket, RawClient } from './raw-client.ts'
import { codes, PASSWORD, startBroker, until } from './start-broker.ts'

const packet = publishPacket('ajar/pi/cam/frame/1', Buffer.alloc(40))
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test.each([
  ['a fixed header', 1],
  ['a body', 20],
])('half of %s, and then nothing: the connection is closed and reported', async (_, bytes) => {
  const { port, heard } = await startBroker({}, { halfPacketMs: 100 })
  const client = await RawClient.admitted(port, 'pi')
  client.send(packet.subarray(0, bytes))
  await client.closed
  expect(codes(heard)).toEqual(['half_packet'])
})

test('a packet that comes slowly, but comes, is taken; so is silence between packets', async () => {
  const halfPacketMs = 300
  const { port, heard } = await startBroker({}, { halfPacketMs })
  const client = await RawClient.admitted(port, 'pi')
  for (const byte of packet) {
    client.send(Buffer.from([byte]))
    await wait(10)
  }
  await until(() => heard.frames.length === 1)
  await wait(2 * halfPacketMs)
  client.send(packet)
  await until(() => heard.frames.length === 2)
  expect(heard.events).toEqual([])
})

test('a frame that takes longer than the keepalive, on a slow line, is taken', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.open(port)
  client.send(connectPacket({ clientId: 'pi', username: 'pi', password: PASSWORD, keepalive: 1 }))
  await client.take(4)
  for (const byte of packet) {
    client.send(Buffer.from([byte]))
    await wait(3000 / packet.length)
  }
  await until(() => heard.frames.length === 1)
  expect(heard.events).toEqual([])
})
