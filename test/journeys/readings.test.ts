import { setTimeout as sleep } from 'node:timers/promises'
import { parseTopic, topics } from '@ajar/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { type KeptReading, readReadings, readSensors } from './kept.ts'
import { PersistentClient } from './persistent-client.ts'
import { sha256 } from './pictures.ts'
import { System, until } from './system.ts'
import { type Sent, Wire } from './wire.ts'

const KILLS = 5
const DEVICES = ['pi-one', 'pi-two', 'pi-three']
const SENSORS = ['contact', 'heat', 'vector']
const ACKNOWLEDGED_BETWEEN_KILLS = 80
/** A server is ready after a second or more: some kills come before. */
const STARTING_MS = 400

/** A value of every kind, unlike that of any other time. */
function valueAt(sensor: string, atMs: number): unknown {
  if (sensor === 'contact') return `read at ${atMs}`
  return sensor === 'heat' ? atMs / 7 : [atMs, -atMs / 3]
}

const payloadOf = (sensor: string, atMs: number) => Buffer.from(JSON.stringify({ value: valueAt(sensor, atMs) }))

test(`the server is killed ${KILLS} times while readings come: every acknowledged one is kept once`, {
  timeout: 300_000,
}, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  const wire = new Wire()
  await wire.start(system.mqttPort)
  onTestFinished(() => wire.close())
  const clients: PersistentClient[] = []
  for (const device of DEVICES) {
    const token = await system.addDevice(device)
    let count = 0
    const next = (atMs: number) => {
      const sensor = SENSORS[count++ % SENSORS.length] ?? ''
      return { topic: topics.reading({ device, sensor, atMs }), payload: payloadOf(sensor, atMs) }
    }
    clients.push(new PersistentClient({ device, token, port: wire.port, next }))
  }
  for (const client of clients) client.start()

  for (let i = 0; i < KILLS; i++) {
    const before = wire.acknowledged.length
    await until(() => wire.acknowledged.length >= before + ACKNOWLEDGED_BETWEEN_KILLS + i * 7)
    await system.killServer()
    wire.target = null
    if (i % 2 === 1) {
      const starting = system.startServer().catch(() => {}) // killed before it was ready
      await sleep(STARTING_MS)
      await system.killServer()
      await starting
    }
    await system.startServer()
    wire.target = system.mqttPort
  }
  for (const client of clients) await client.finish()
  const shown = await system.api.get<{ items: { device: string; sensor: string; value: unknown }[] }>('/api/sensors')
  await system.stopServer()

  const kept = readReadings(system.dataDir)
  const sentAgain = wire.sent.filter(({ dup }) => dup).length
  console.log(`${KILLS} kills: ${wire.acknowledged.length} PUBACKs, ${kept.length} kept, ${sentAgain} sent again`)
  expect(broken(wire, kept).slice(0, 20)).toEqual([])
  // It was worth something only if readings were under way.
  expect(sentAgain).toBeGreaterThan(0)
  const newest = new Map<string, KeptReading>()
  for (const reading of kept) newest.set(`${reading.device}/${reading.sensor}`, reading) // in the order of their times
  expect(readSensors(system.dataDir)).toEqual(
    [...newest.values()].map(({ device, sensor, at, value_json }) => ({
      ...{ device, name: sensor, last_at: at, last_value_json: value_json },
    })),
  )
  expect(shown.items.map(({ value }) => value)).toEqual(
    [...newest.values()].map(({ sensor, at }) => valueAt(sensor, at)),
  )
})

/** What of the promise does not hold, in words. */
function broken({ sent, acknowledged }: Wire, kept: KeptReading[]): string[] {
  const idOf = ({ topic }: Sent) => {
    const { device, source, time } = parseTopic(topic) ?? {}
    return `${device}/${source}/${time}`
  }
  const ids = kept.map(({ device, sensor, at }) => `${device}/${sensor}/${at}`)
  const found = new Set(ids)
  const everSent = new Set(sent.map(idOf))
  return [
    ...acknowledged.map(idOf).flatMap((id) => (found.has(id) ? [] : [`${id} was acknowledged and is not kept`])),
    ...ids.flatMap((id) => (everSent.has(id) ? [] : [`${id} is kept and was never sent`])),
    ...(found.size === ids.length ? [] : ['readings are kept twice']),
    ...kept.flatMap(({ sensor, at, value_json }) =>
      sha256(Buffer.from(`{"value":${value_json}}`)) === sha256(payloadOf(sensor, at))
        ? []
        : [`${at} has another value`],
    ),
  ]
}
