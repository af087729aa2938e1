import { hash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startServer } from '@ajar/local'
import { expect, onTestFinished, test } from 'vitest'
import { PacketSender, packetAt } from '../setup/packet-senders.ts'
import { until } from './system.ts'

const SENDERS = 4
/** Kept before the server is killed in the middle of more. */
const KEPT = 200

test('the server is killed while packets come in: all that were called a success are there, each once', {
  timeout: 120_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'ajar-packets-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    ...{ AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0' },
    ...{ AJAR_LEGACY_OPEN: '1', AJAR_LOG_LEVEL: 'error' },
  }
  const server = await startServer({ environment, onLine: console.error })
  const port = Number(new URL(server.http).port)
  const kept = new Map<string, string[]>()
  const sending = Array.from({ length: SENDERS }, async (_, i) => {
    const sender = new PacketSender(port, `127.0.0.${2 + i}`)
    const own: string[] = []
    kept.set(sender.sensor, own)
    try {
      for (;;) {
        const packet = packetAt(i)
        const { text } = await sender.send(packet)
        if (text !== 'Success') throw new Error(text)
        own.push(hash('sha256', JSON.stringify(packet)))
      }
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toMatch(/^ECONN(RESET|REFUSED)$/)
    } finally {
      sender.close()
    }
  })
  const count = () => [...kept.values()].reduce((sum, own) => sum + own.length, 0)
  await until(() => count() >= KEPT)
  server.process.kill('SIGKILL')
  await server.process.ended
  await Promise.all(sending)

  const again = await startServer({ environment, onLine: console.error })
  onTestFinished(async () => {
    again.process.kill('SIGKILL')
    await again.process.ended
  })
  const database = new DatabaseSync(join(dataDir, 'state.db'), { readOnly: true })
  onTestFinished(() => database.close())
  const of = database.prepare('select hex(sha256) as sha256 from frames where camera = ?')
  for (const [sensor, own] of kept) {
    const there = () => of.all(sensor).map(({ sha256 }) => String(sha256).toLowerCase())
    await until(() => there().length >= own.length)
    const found = there()
    expect(own.filter((sha256) => !found.includes(sha256))).toEqual([])
    expect(new Set(found).size).toBe(found.length)
  }
})
