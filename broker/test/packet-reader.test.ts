import { expect, test } from 'vitest'
import { PacketReader } from '../src/packet-reader.ts'
import { connectPacket, packet, publishPacket } from './raw-client.ts'

const greeting = connectPacket({})
const sizes = [0, 1, 100, 127, 128, 129, 16_383, 16_384, 70_000]

test.each([1, 2, 3, 5, 1000, 65_536, 1_000_000])('packets cut into pieces of %i bytes come out whole', (piece) => {
  const packets = [greeting, ...sizes.map((size) => packet(0x30, Buffer.alloc(size, size % 251)))]
  const stream = Buffer.concat(packets)
  const reader = new PacketReader(100_000)
  const got: Buffer[] = []
  for (let at = 0; at < stream.length; at += piece) {
    reader.append(stream.subarray(at, at + piece))
    for (let next = reader.next(); next !== null; next = reader.next()) got.push(next.bytes)
  }
  expect(got.length).toBe(packets.length)
  got.forEach((bytes, i) => {
    expect(Buffer.compare(bytes, packets[i] as Buffer)).toBe(0)
  })
})

test('a packet of exactly the limit passes, one byte more is refused by its header alone', () => {
  const frame = publishPacket('t', Buffer.alloc(1000))
  const reader = new PacketReader(frame.length)
  reader.append(Buffer.concat([greeting, frame]))
  reader.next()
  expect(reader.next()?.bytes.length).toBe(frame.length)
  reader.append(packet(0x30, Buffer.alloc(frame.length - 2)).subarray(0, 3))
  expect(() => reader.next()).toThrow(/are allowed/)
})

test('a header alone takes no more memory than a small packet; what it announces grows as it arrives, whole in the end', () => {
  const frame = publishPacket('t', Buffer.alloc(2_000_000, 7))
  const reader = new PacketReader(frame.length)
  reader.append(Buffer.concat([greeting, frame.subarray(0, 5)]))
  reader.next()
  expect(reader.upcoming()).toBe(3)
  expect([reader.next(), reader.upcoming()]).toEqual([null, null])
  expect(reader.heldBytes).toBeLessThanOrEqual(256 * 1024)
  reader.append(frame.subarray(5, 600_000))
  expect(reader.next()).toBeNull()
  expect(reader.heldBytes).toBeLessThan(frame.length)
  reader.append(frame.subarray(600_000))
  const bytes = reader.next()?.bytes ?? greeting
  expect(Buffer.compare(bytes, frame)).toBe(0)
  expect(bytes.buffer.byteLength).toBe(frame.length)
  expect(reader.heldBytes).toBe(0)
})

test('the memory of a spent chunk is given back, but never memory that is shared', () => {
  const reader = new PacketReader(100_000, true)
  const chunk = Buffer.from(new Uint8Array(Buffer.concat([greeting, publishPacket('t', Buffer.alloc(5000, 7))])).buffer)
  reader.append(chunk)
  reader.next()
  expect(chunk.buffer.byteLength).toBeGreaterThan(5000)
  const frame = reader.next()
  expect(reader.next()).toBeNull()
  expect(chunk.buffer.byteLength).toBe(0)
  expect(frame?.bytes.subarray(-5000).every((byte) => byte === 7)).toBe(true)
  const part = Buffer.alloc(100, 0xc0).subarray(0, 2)
  reader.append(part)
  reader.next()
  expect(part).toHaveLength(2)
})

test('a first packet that is no CONNECT is refused by its header alone', () => {
  const reader = new PacketReader(1000)
  reader.append(Buffer.from('GET'))
  expect(() => reader.next()).toThrow(/not CONNECT/)
})
