import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ArrivedFrame } from '../src/index.ts'
import { PINGREQ, PINGRESP, publishPacket, RawClient } from './raw-client.ts'
import { closed, codes, connect, gate, PASSWORD, startBroker, until } from './start-broker.ts'

const PICTURE = Buffer.alloc(100_000, 0xd8)

test('a frame is acknowledged when it is stored and not before', async () => {
  const stored = gate()
  const arrived: ArrivedFrame[] = []
  const { port } = await startBroker({
    onFrame: (frame) => {
      arrived.push(frame)
      return stored.opened
    },
  })
  const client = await RawClient.admitted(port, 'pi')
  client.send(publishPacket('ajar/pi/cam/frame/1000', PICTURE, 7))
  await until(() => arrived.length === 1)
  client.send(PINGREQ)
  // The ping overtakes the frame: nothing else was written before it.
  expect(await client.take(2)).toEqual(PINGRESP)
  stored.open()
  expect(await client.take(4)).toEqual(Buffer.from([0x40, 2, 0, 7]))
  expect(arrived[0]).toMatchObject({ device: 'pi', camera: 'cam', time: '1000', dup: false })
  expect(Buffer.compare(arrived[0]?.jpeg ?? Buffer.alloc(0), PICTURE)).toBe(0)
})

test('the frames of one connection are in ingest side by side', async () => {
  const stored = gate()
  let arrived = 0
  const { port } = await startBroker({
    onFrame: () => {
      arrived += 1
      return stored.opened
    },
  })
  const client = await RawClient.admitted(port, 'pi')
  client.send(
    Buffer.concat(Array.from({ length: 8 }, (_, i) => publishPacket('ajar/pi/cam/frame', PICTURE.subarray(i), i + 1))),
  )
  client.send(
    Buffer.concat(Array.from({ length: 8 }, (_, i) => publishPacket('ajar/pi/cam/frame', Buffer.alloc(9), i + 9))),
  )
  await until(() => arrived === 16)
  stored.open()
  expect(await client.take(64)).toHaveLength(64)
})

test('a frame that was not stored is not acknowledged: the connection closes', async () => {
  const { port } = await startBroker({ onFrame: () => Promise.reject(new Error('closing')) })
  const client = await RawClient.admitted(port, 'pi')
  client.send(publishPacket('ajar/pi/cam/frame', PICTURE))
  await client.closed
  expect(await client.take(1)).toHaveLength(0)
})

test.each([0, 1, 2] as const)('a frame of QoS %i reaches ingest', async (qos) => {
  const { port, heard } = await startBroker()
  const client = await connect(port, 'pi')
  await client.publishAsync('ajar/pi/cam/frame', PICTURE, { qos })
  await until(() => heard.frames.length === 1)
  expect(heard.frames[0]).toMatchObject({ camera: 'cam', time: null })
})

test('a repeated frame is marked as such', async () => {
  const { port, heard } = await startBroker()
  const client = await RawClient.admitted(port, 'pi')
  client.send(publishPacket('ajar/pi/cam/frame', PICTURE, 1, 0x3a))
  await client.take(4)
  expect(heard.frames[0]?.dup).toBe(true)
})

test("the frame's memory is its own, to be transferred", async () => {
  const { port, heard } = await startBroker()
  const client = await connect(port, 'pi')
  await Promise.all([1, 2, 3].map((i) => client.publishAsync(`ajar/pi/cam/frame/${i}`, Buffer.from([i]), { qos: 1 })))
  expect(heard.frames.map(({ jpeg }) => jpeg[0])).toEqual([1, 2, 3])
  expect(new Set(heard.frames.map(({ jpeg }) => jpeg.buffer)).size).toBe(3)
})

test.each([1, 2] as const)(
  'a frame of QoS %i whose memory was transferred is acknowledged all the same',
  async (qos) => {
    const { port } = await startBroker({
      onFrame: async ({ jpeg }) => void structuredClone(jpeg, { transfer: [jpeg.buffer as ArrayBuffer] }),
    })
    const client = await connect(port, 'pi')
    for (const ms of [1, 2]) await client.publishAsync(`ajar/pi/cam/frame/${ms}`, PICTURE, { qos })
  },
)

test('frames reach no subscriber and are not retained, not even with the retain flag', async () => {
  const { broker, port, heard } = await startBroker()
  const operator = await connect(port, 'token')
  const device = await connect(port, 'pi')
  const topics: string[] = []
  operator.on('message', (topic) => topics.push(topic))
  device.on('message', (topic) => topics.push(topic))
  await operator.subscribeAsync(['#', 'ajar/#', '+/+/+/+'])
  await device.subscribeAsync('ajar/pi/#')
  await device.publishAsync('ajar/pi/cam/frame', PICTURE, { qos: 1, retain: true })
  await device.publishAsync('ajar/pi/cam/frame/5', PICTURE, { qos: 0, retain: true })
  await device.publishAsync('ajar/pi/door/reading', '{"value":1}', { qos: 1 })
  await until(() => topics.length >= 2)
  expect(heard.frames).toHaveLength(2)
  expect(new Set(topics)).toEqual(new Set(['ajar/pi/door/reading']))
  expect(broker.stats().retainedTopics).toBe(0)
})

test.each(['Bad_Name/frame', '/frame', 'cam/frame/-1', 'cam/frame/soon', `${'a'.repeat(40)}/frame/1`])(
  'a frame on %s goes to ingest, which reports it, so that no outbox blocks on it',
  async (path) => {
    const { port, heard } = await startBroker()
    const client = await connect(port, 'pi')
    await client.publishAsync(`ajar/pi/${path}`, PICTURE, { qos: 1 })
    expect(heard.frames).toHaveLength(1)
  },
)

test.each([
  'ajar/other/cam/frame',
  'ajar/other/status',
  'ajar/pi/cam/state',
  'ajar/pi/config/desired',
  'ajar/pi/rejected',
  'ajar/pi/unknown',
  'elsewhere',
  '$SYS/broker',
])('a device that publishes %s is disconnected, with an event', async (topic) => {
  const { port, heard } = await startBroker()
  const client = await connect(port, 'pi')
  client.publish(topic, 'x', { qos: 1 })
  await closed(client)
  expect(codes(heard)).toEqual(['refused_publish'])
  expect(heard.events[0]).toMatchObject({ device: 'pi', client: 'pi' })
})

test('an operator does not publish', async () => {
  const { port, heard } = await startBroker()
  const client = await connect(port, 'token')
  client.publish('ajar/token/cam/frame', PICTURE, { qos: 1 })
  await closed(client)
  expect(codes(heard)).toEqual(['refused_publish'])
  expect(heard.frames).toHaveLength(0)
})

test('a packet over the limit closes the connection before it is buffered', async () => {
  const { port, heard } = await startBroker({}, { maxFrameBytes: 2_000_000 })
  const client = await RawClient.admitted(port, 'pi')
  client.send(publishPacket('ajar/pi/cam/frame', Buffer.alloc(3_000_000)).subarray(0, 10))
  await client.closed
  expect(codes(heard)).toEqual(['packet_too_large'])
  expect(heard.events[0]).toMatchObject({ device: 'pi' })
})

test('a frame of exactly the limit is taken, one byte more is not', async () => {
  const { port, heard } = await startBroker({}, { maxFrameBytes: 5000 })
  const client = await connect(port, 'pi')
  await client.publishAsync('ajar/pi/cam/frame', Buffer.alloc(5000), { qos: 1 })
  client.publish('ajar/pi/cam/frame', Buffer.alloc(5001), { qos: 1 })
  await closed(client)
  expect(heard.frames).toHaveLength(1)
  expect(codes(heard)).toEqual(['packet_too_large'])
})

test('status and config/applied are retained after the server stored them, whatever the flag', async () => {
  const { port, heard } = await startBroker()
  const device = await connect(port, 'pi')
  await device.publishAsync('ajar/pi/status', '{"state":"online"}', { qos: 1 })
  await device.publishAsync('ajar/pi/config/applied', '{"version":1}', { qos: 1 })
  const operator = await connect(port, 'token')
  const got: string[] = []
  operator.on('message', (topic, _payload, packet) => got.push(`${topic} ${packet.retain}`))
  await operator.subscribeAsync('ajar/#')
  await until(() => got.length === 2)
  expect(got.sort()).toEqual(['ajar/pi/config/applied true', 'ajar/pi/status true'])
  expect(heard.statuses).toEqual(['pi {"state":"online"}'])
})

const mosquitto = (() => {
  try {
    return execFileSync('mosquitto_pub', ['--version'], { stdio: 'pipe' }).length > 0
  } catch (error) {
    // Debian's mosquitto_pub ends with 1 after it printed its version.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
})()

test.skipIf(!mosquitto)('the line of the manual works: mosquitto_pub -f picture.jpg', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-broker-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'picture.jpg'), PICTURE)
  const { port, heard } = await startBroker()
  const line = `-p ${port} -u door1 -P ${PASSWORD} -q 1 -t ajar/door1/cam/frame -f ${join(folder, 'picture.jpg')}`
  for (const id of ['-i door1', '']) {
    const pub = spawn('mosquitto_pub', `${id} ${line}`.trim().split(' '), { stdio: 'inherit' })
    expect(await new Promise((resolve) => pub.once('close', resolve))).toBe(0)
  }
  expect(heard.frames.map(({ jpeg }) => jpeg.length)).toEqual([PICTURE.length, PICTURE.length])
  expect(heard.events).toEqual([])
})
