import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { pluggedIn } from '../setup/pty.ts'
import { System, until } from './system.ts'
import { Wire } from './wire.ts'

/** A board on a serial port, an agent and a server, each a real one: every packet arrives, once, whatever ends the server. */

const EVERY_MS = 50
const OUTAGE_PACKETS = 160

/** A packet of raw pairs that is unlike any other: the first pair that counts tells its number, in two bytes. */
function packet(count: number): string {
  const raw = Array.from({ length: 128 }, (_, i) => ((i * 37) % 256) - 128)
  raw[12] = count % 100
  raw[13] = Math.floor(count / 100) + 1
  return `128,${JSON.stringify(raw)}\r\n`
}

/** The number of the packet that a reading was made of. */
function countOf(value: number[]): number {
  const [amplitude = 0, phase = 0] = [value[0], value[53]]
  const [low, high] = [amplitude * Math.sin(phase), amplitude * Math.cos(phase)].map(Math.round) as [number, number]
  return low + (high - 1) * 100
}

async function readings(system: System): Promise<number[][]> {
  const all: number[][] = []
  let cursor: string | null = null
  do {
    const page: { items: { value: number[] }[]; next: string | null } = await system.api.get(
      `/api/sensors/pi/csi/readings?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    )
    all.push(...page.items.map(({ value }) => value))
    cursor = page.next
  } while (cursor)
  return all
}

test('packets of a board on a serial port are readings of a sensor with states, each once, also those of an outage', {
  timeout: 180_000,
}, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  const wire = new Wire()
  await wire.start(system.mqttPort)
  onTestFinished(() => wire.close())
  const token = await system.addDevice('pi')
  await system.api.send('PATCH', '/api/sensors/pi/csi', { states: ['closed', 'open'] })
  const board = pluggedIn()
  const folder = await mkdtemp(join(tmpdir(), 'ajar-serial-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'agent.json')
  const sensor = { name: 'csi', driver: 'serial', path: board.path, format: 'csi', intervalMs: 20 }
  await writeFile(
    config,
    JSON.stringify({
      ...{ device: 'pi', token, server: `mqtt://127.0.0.1:${wire.port}`, dataDir: join(folder, 'data') },
      cameras: [{ name: 'cam', driver: 'synthetic', intervalMs: 3_600_000 }],
      sensors: [sensor],
    }),
  )
  const agent = system.startAgent(config)
  // What lies in a port when it is opened comes at once, and is too much.
  await until(async () => {
    board.write(packet(0))
    return (await readings(system)).length > 0
  })
  let count = 1
  const timer = setInterval(() => board.write(packet(count++)), EVERY_MS)
  onTestFinished(() => clearInterval(timer))
  await until(async () => (await readings(system)).length >= 40)

  await system.killServer()
  const killedAt = count
  while (count < killedAt + OUTAGE_PACKETS) await sleep(EVERY_MS)
  wire.target = null
  await system.startServer()
  wire.target = system.mqttPort
  await until(async () => (await readings(system)).map(countOf).includes(killedAt + OUTAGE_PACKETS))
  clearInterval(timer)
  await until(async () => Math.max(...(await readings(system)).map(countOf)) === count - 1)
  const missing = async () => {
    const found = new Set((await readings(system)).map(countOf))
    return Array.from({ length: count }, (_, i) => i).filter((number) => !found.has(number))
  }
  await until(async () => (await missing()).length === 0).catch(() => {})
  expect(await missing()).toEqual([])
  const numbers = (await readings(system)).map(countOf).filter((number) => number > 0)
  expect(numbers).toHaveLength(count - 1)
  const { value } = await system.api.get<{ value: number[] }>('/api/sensors/pi/csi')
  expect(value).toHaveLength(106)
  await agent.stop()
})
