import { expect, test } from 'vitest'
import { publishPacket, RawClient } from './raw-client.ts'
import { codes, startBroker, until } from './start-broker.ts'

const packet = publishPacket('ajar/pi/cam/frame/1', Buffer.alloc(40))

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
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
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
