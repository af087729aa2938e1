import { setTimeout as sleep } from 'node:timers/promises'
import { topics } from '@ajar/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { readKept, readReadings, readSensors } from './kept.ts'
import { PersistentClient } from './persistent-client.ts'
import { door, sha256 } from './pictures.ts'
import { System, until, watch } from './system.ts'
import { type Sent, Wire } from './wire.ts'

/** Sensors that have states, beside cameras: the same way for all of them, and the same promises. */

const KILLS = 5
const ACKNOWLEDGED_BETWEEN_KILLS = 80
/** A server is ready after a second or more: some kills come before. */
const STARTING_MS = 400
const DEVICES = ['esp-one', 'esp-two', 'esp-three']

interface Journey {
  frame: string
  receivedAt: string
  storedAt: string
  classifiedAt: string | null
  recordedAt: string
  outcome: string
}

async function setUp(system: System, sensor: string) {
  await system.api.send('PATCH', `/api/sensors/${sensor}`, { states: ['closed', 'open'], debounce: 1 })
}

test('a frame, a scalar and a vector pass the same pipeline', { timeout: 120_000 }, async () => {
  const system = await System.start({ AJAR_LOG_LEVEL: 'debug' })
  onTestFinished(() => system.close())
  const token = await system.addDevice('pi')
  for (const sensor of ['pi/heat', 'pi/radio']) await setUp(system, sensor)
  const told = await watch<{ frame: string }>(await system.connectOperator(), 'ajar/pi/+/state')
  const client = await system.connect('pi', token)
  const now = Date.now()
  const of = { device: 'pi', atMs: now }
  const frame = topics.frame({ device: 'pi', camera: 'cam', capturedAtMs: now })
  const payload = (value: unknown) => JSON.stringify({ value })
  const vector = Array.from({ length: 106 }, (_, i) => Math.sin(i) * 20)
  await Promise.all([
    client.publishAsync(frame, await door('open'), { qos: 1 }),
    client.publishAsync(topics.reading({ ...of, sensor: 'heat' }), payload(20.5), { qos: 1 }),
    client.publishAsync(topics.reading({ ...of, sensor: 'radio' }), payload(vector), { qos: 1 }),
    // Of a sensor without states nobody is asked: it goes no further than its store.
    client.publishAsync(topics.reading({ ...of, sensor: 'contact' }), payload('open'), { qos: 1 }),
  ])
  const journeyOf = (path: string) =>
    until(async () => {
      const journey = await system.api.get<Journey>(`${path}/${now}/journey`)
      return journey.outcome !== 'pending' && journey
    })
  const paths = ['/api/frames/pi/cam', '/api/readings/pi/heat', '/api/readings/pi/radio']
  const journeys = await Promise.all(paths.map(journeyOf))
  for (const { receivedAt, storedAt, classifiedAt, recordedAt, outcome } of journeys) {
    const steps = [receivedAt, storedAt, classifiedAt ?? '', recordedAt].map((step) => Date.parse(step))
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(outcome).toBe('classified')
  }
  expect(await journeyOf('/api/readings/pi/contact')).toMatchObject({ outcome: 'stored', classifiedAt: null })

  // As it was never taught, each is unknown, in words that are retained.
  await until(() => told.length >= 3)
  expect(new Set(told.map(({ topic }) => topic))).toEqual(
    new Set(['ajar/pi/cam/state', 'ajar/pi/heat/state', 'ajar/pi/radio/state']),
  )

  // What each part of the server said of each of them is the same.
  const saidOf = async (id: string) => {
    const { items } = await system.api.get<{ items: Record<string, string>[] }>(`/api/logs?frame=${id}&limit=100`)
    return items.map(({ component, message = '' }) => `${component}: ${message.replace('reading', 'frame')}`).toSorted()
  }
  const said = await Promise.all(journeys.map(({ frame: id }) => saidOf(id)))
  const steps = ['classify: frame no_model', 'ingest: frame stored', 'observe: published', 'record: frame recorded']
  expect(said[0]).toEqual(steps)
  expect(said[1]).toEqual(said[0])
  expect(said[2]).toEqual(said[0])
  await system.stopServer()
  const kept = readKept(system.dataDir)
  const bytes = new Map(kept.frames.map(({ id, sha256: digest }) => [id, digest]))
  expect(bytes.get(`pi/heat/${now}`)).toBe(sha256(Buffer.from('[20.5]')))
  expect(bytes.get(`pi/radio/${now}`)).toBe(sha256(Buffer.from(JSON.stringify(vector))))
  expect(kept.results.toSorted()).toEqual([`pi/cam/${now}`, `pi/heat/${now}`, `pi/radio/${now}`])
  expect(readReadings(system.dataDir).map(({ sensor }) => sensor)).toEqual(['contact'])
  expect(readSensors(system.dataDir)).toMatchObject([
    { name: 'contact', last_value_json: '"open"' },
    { name: 'heat', last_value_json: '20.5' },
    { name: 'radio', last_value_json: JSON.stringify(vector) },
  ])
})

test(`the server is killed ${KILLS} times in a stream of vectors: every acknowledged one is kept once and ends once`, {
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
    await setUp(system, `${device}/radio`)
    const next = (atMs: number) => {
      const payload = Buffer.from(`{"value":${vectorAt(atMs)}}`)
      return { topic: topics.reading({ device, sensor: 'radio', atMs }), payload }
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
  await until(() => readKept(system.dataDir).pending.length === 0)
  await system.stopServer()

  const kept = readKept(system.dataDir)
  const sentAgain = wire.sent.filter(({ dup }) => dup).length
  console.log(
    `${KILLS} kills: ${wire.acknowledged.length} PUBACKs, ${kept.frames.length} kept, ${sentAgain} sent again`,
  )
  const idOf = ({ topic }: Sent) => topic.replace(/^ajar\//, '').replace('/reading/', '/')
  const ids = kept.frames.map(({ id }) => id)
  expect(missing(wire.acknowledged.map(idOf), ids)).toEqual([])
  expect(missing(ids, wire.sent.map(idOf))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
  const changed = kept.frames.filter(({ id, sha256: digest }) => digest !== sha256(Buffer.from(vectorAt(timeOf(id)))))
  expect(changed).toEqual([])
  // Each has ended, as one thing, and has one result.
  expect(kept.ended.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(
    ids.map((id) => `${id} classified`).toSorted(),
  )
  expect(kept.results.toSorted()).toEqual(ids.toSorted())
  // It was worth something only if vectors were under way.
  expect(sentAgain).toBeGreaterThan(0)
  // The newest value of each sensor is that of its newest reading.
  const newest = DEVICES.map((device) => {
    const times = ids.filter((id) => id.startsWith(`${device}/`)).map(timeOf)
    return { device, last_at: Math.max(...times), last_value_json: vectorAt(Math.max(...times)) }
  })
  expect(readSensors(system.dataDir)).toMatchObject(newest.toSorted((a, b) => (a.device < b.device ? -1 : 1)))
})

const timeOf = (id: string) => Number(id.split('/')[2])

/** A vector unlike that of any other time, as it is kept. */
function vectorAt(atMs: number): string {
  return JSON.stringify(Array.from({ length: 106 }, (_, i) => (atMs % 100_000) / (i + 1)))
}

/** The first few of `wanted` that are not there. */
function missing(wanted: string[], there: string[]): string[] {
  const known = new Set(there)
  return wanted.filter((id) => !known.has(id)).slice(0, 20)
}
