import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'
import { door, withComment } from './pictures.ts'
import { System, until } from './system.ts'
import { readTrace, whenAcknowledged, whenDurable } from './trace.ts'

/**
 * A power cut is more than a kill: what the system only holds in memory is gone. So the disk has to have said that it has
 * the frame before the PUBACK is written, which the system calls of the server show.
 */

const FRAMES = 5
const SYSCALLS = 'trace=fdatasync,fsync,write,pwrite64,writev,sendto,sendmsg'
/** More than a database page, so that a marker in it is seen whole. */
const BYTES_SHOWN = '70000'

test('the sync of a frame, and that of a reading, returns before its PUBACK is written', {
  timeout: 120_000,
}, async (context) => {
  needsProgram('strace', 'strace', context)
  const system = await System.start()
  onTestFinished(() => system.close())
  const token = await system.addDevice('door1')
  const picture = await door('closed')
  await system.stopServer()
  const file = join(system.folder, 'trace')
  // -D: the server is our own child, and signals for it reach it.
  await system.startServer(['strace', '-D', '-f', '-y', '-xx', '-ttt', '-s', BYTES_SHOWN, '-e', SYSCALLS, '-o', file])
  const client = await system.connect('door1', token)
  const markers = Array.from({ length: FRAMES }, (_, i) => `the frame number ${i} of this test`)
  const packetIds: number[] = []
  for (const marker of markers) packetIds.push(await publish(client, withComment(picture, marker)))
  for (let i = 0; i < FRAMES; i++) {
    const value = `the reading number ${i} of this test`
    packetIds.push(await publish(client, Buffer.from(JSON.stringify({ value })), 'ajar/door1/note/reading'))
    markers.push(value)
  }
  await system.stopServer()
  const calls = await until(async () => {
    const read = readTrace(await readFile(file, 'utf8'))
    return whenAcknowledged(read, packetIds.at(-1) ?? 0) !== null && read
  })
  for (const [i, marker] of markers.entries()) {
    const durable = whenDurable(calls, marker)
    expect(durable, `${marker} was synced`).not.toBeNull()
    expect(durable).toBeLessThan(whenAcknowledged(calls, packetIds[i] ?? 0) as number)
  }
})

/** @returns the packet id, once it was acknowledged */
function publish(client: MqttClient, payload: Buffer, topic = 'ajar/door1/cam/frame'): Promise<number> {
  return new Promise((resolve, reject) => {
    client.publish(topic, payload, { qos: 1 }, (error) => (error ? reject(error) : resolve(client.getLastMessageId())))
  })
}

describe('the reading of a trace can find a broken promise', () => {
  const at = (i: number) => `1 1690000000.00000${i}`
  const bytes = (text: string) =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const write = `pwrite64(20<${bytes('/d/1.db')}>, "${bytes('..frame..')}", 9, 0) = 9`
  const sync = 'fdatasync(20</d/1.db>) = 0'
  const endJournal = `pwrite64(21</d/1.db-journal>, "${bytes('\0\0')}", 2, 0) = 2`
  const syncJournal = 'fdatasync(21</d/1.db-journal>) = 0'
  const puback = `write(30<socket:[7]>, "${bytes('\x40\x02\x01\x02')}", 4) = 4`
  const order = (...lines: string[]) => {
    const calls = readTrace(lines.map((line, i) => (/^\d/.test(line) ? line : `${at(i)} ${line}`)).join('\n'))
    return { durable: whenDurable(calls, 'frame'), acknowledged: whenAcknowledged(calls, 0x0102) }
  }

  test('the right order, with a rollback journal and with a write-ahead log', () => {
    expect(order(write, sync, endJournal, syncJournal, puback)).toEqual({ durable: 3, acknowledged: 4 })
    const wal = [write, sync].map((line) => line.replace(/<.*?>/, '</d/1.db-wal>'))
    expect(order(...wal, puback)).toEqual({ durable: 1, acknowledged: 2 })
  })

  test('PUBACK before the sync', () => {
    expect(order(write, puback, sync, endJournal, syncJournal)).toEqual({ durable: 4, acknowledged: 1 })
  })

  test('PUBACK while the sync still runs', () => {
    const [begun, returned] = ['fdatasync(20</d/1.db> <unfinished ...>', `${at(3)} <... fdatasync resumed>) = 0`]
    const other = `2 1690000000.000002 ${puback}`
    const { durable, acknowledged } = order(write, begun, other, returned, endJournal, syncJournal)
    expect(acknowledged).toBeLessThan(durable as number)
  })

  test('no sync, a sync that began before the write, one that failed, and one of another file', () => {
    for (const wrong of [
      [write],
      [sync, write],
      [write, 'fdatasync(20</d/1.db>) = -1 EIO (Input/output error)'],
      [write, 'fdatasync(22</d/2.db>) = 0'],
      [write, sync],
      [write, sync, endJournal],
    ])
      expect(order(...wrong, puback).durable).toBeNull()
  })
})
