import { type Reading, topics } from '@ajar/protocol'
import mqtt, { type MqttClient } from 'mqtt'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { pruneEvents } from '../src/observe/prune-events.ts'
import { EventStream } from './event-stream.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

/** Readings by MQTT into a whole server, and what it answers of them. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

/** A device of its own, connected. */
class Sender {
  readonly device: string
  readonly client: MqttClient

  constructor(device: string, client: MqttClient) {
    this.device = device
    this.client = client
  }

  /** Resolves at the PUBACK. */
  async read(sensor: string, value: Reading['value'], atMs: number | null = null): Promise<unknown> {
    const topic = atMs === null ? `ajar/${this.device}/${sensor}/reading` : topics.reading({ ...this, sensor, atMs })
    return this.client.publishAsync(topic, JSON.stringify({ value }), { qos: 1 })
  }

  say(status: object): Promise<unknown> {
    return this.client.publishAsync(topics.status(this.device), JSON.stringify(status), { qos: 1, retain: true })
  }
}

async function connect(device: string): Promise<Sender> {
  const { token } = (await server.call('POST', '/api/devices', { name: device })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: device, password: token })
  onTestFinished(async () => void (await client.endAsync()))
  return new Sender(device, client)
}

const get = async (path: string) => (await server.call('GET', path)).body
const iso = (ms: number) => new Date(ms).toISOString()
const NOW = Date.now() - 1000

test('a sensor shows its newest reading, and what its agent says of it', async () => {
  const pi = await connect('shows')
  await pi.read('contact', 'closed', NOW)
  await pi.read('heat', 20.5, NOW)
  await pi.read('heat', 21.5, NOW + 500)
  await pi.read('heat', 19.5, NOW - 500)
  const nothing = { unit: null, driver: null, fault: null, source: null }
  const contact = { id: 'shows/contact', device: 'shows', sensor: 'contact', ...nothing, at: iso(NOW), value: 'closed' }
  const heat = { id: 'shows/heat', device: 'shows', sensor: 'heat', ...nothing, at: iso(NOW + 500), value: 21.5 }
  expect(await get('/api/sensors?device=shows')).toEqual({ items: [contact, heat], next: null })
  const facts = { driver: 'cpu-temperature', unit: '°C', fault: 'it is gone' }
  await pi.say({ state: 'online', sensors: { heat: facts } })
  expect((await get('/api/sensors?device=shows')).items).toEqual([contact, { ...heat, ...facts }])
  expect((await get('/api/sensors?device=nobody')).items).toEqual([])
})

test('sensors of all devices come page by page', async () => {
  for (const device of ['pages-b', 'pages-a']) {
    const pi = await connect(device)
    for (const sensor of ['two', 'one']) await pi.read(sensor, 1)
  }
  const names: string[] = []
  let cursor = ''
  do {
    const { items, next } = await get(`/api/sensors?limit=1${cursor}`)
    names.push(...items.map((one: { device: string; sensor: string }) => `${one.device}/${one.sensor}`))
    cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
  } while (cursor !== '')
  expect(names.filter((name) => name.startsWith('pages'))).toEqual([
    'pages-a/one',
    'pages-a/two',
    'pages-b/one',
    'pages-b/two',
  ])
  expect(names).toEqual(names.toSorted())
})

test('beside a frame stands what each sensor read last before it, unless that was a day before', async () => {
  const pi = await connect('beside')
  await pi.say({ state: 'online', sensors: { heat: { driver: 'x', unit: '°C', fault: null } } })
  await pi.read('heat', 1, NOW - 2000)
  await pi.read('heat', 2, NOW - 1000)
  await pi.read('heat', 3, NOW + 1)
  await pi.read('contact', 'open', NOW)
  await pi.read('later', 'new', NOW + 1)
  await pi.read('old', 'old', NOW - 86_400_001)
  await pi.read('day', [1], NOW - 86_400_000)
  const said = { device: 'beside', unit: null }
  expect(await get(`/api/readings/at?device=beside&at=${NOW}`)).toEqual({
    items: [
      { ...said, sensor: 'contact', at: iso(NOW), value: 'open' },
      { ...said, sensor: 'day', at: iso(NOW - 86_400_000), value: [1] },
      { ...said, sensor: 'heat', at: iso(NOW - 1000), value: 2, unit: '°C' },
    ],
  })
  expect(await get('/api/readings/at?device=beside&at=0')).toEqual({ items: [] })
})

test.each(['oldest', 'newest'])(
  'readings come page by page, the %s first, also several of one instant',
  async (order) => {
    const pi = await connect(order)
    const all: string[] = []
    for (let i = 0; i < 12; i++) {
      const [sensor, atMs] = [`s${i % 3}`, NOW + Math.floor(i / 4)]
      await pi.read(sensor, i, atMs)
      if (!all.includes(`${atMs} ${sensor}`)) all.push(`${atMs} ${sensor}`) // the others are refused
    }
    all.sort()
    if (order === 'newest') all.reverse()
    for (const limit of [1, 2, 5, 100]) {
      const found: string[] = []
      let cursor = ''
      do {
        const { items, next } = await get(`/api/readings?device=${order}&order=${order}&limit=${limit}${cursor}`)
        found.push(...items.map((one: { at: string; sensor: string }) => `${Date.parse(one.at)} ${one.sensor}`))
        cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
      } while (cursor !== '')
      expect(found).toEqual(all)
    }
    const span = `from=${NOW + 1}&to=${NOW + 2}`
    const { items } = await get(`/api/readings?device=${order}&order=${order}&sensor=s1&${span}`)
    expect(items.map(({ at }: { at: string }) => Date.parse(at))).toEqual([NOW + 1])
  },
)

test.each(['oldest', 'newest'])(
  'pages of long lists are shorter than asked, %s first, and nothing is left out',
  async (order) => {
    const device = `long-${order}`
    const pi = await connect(device)
    const list = Array.from({ length: 4096 }, (_, i) => i + 1 / 3)
    const sent = Array.from({ length: 70 }, (_, i) => ({ sensor: `s${i % 3}`, at: NOW - 1000 + (i >> 1) * 2 }))
    await Promise.all(sent.map(({ sensor, at }) => pi.read(sensor, [at, ...list.slice(1)], at)))
    const found: string[] = []
    const lengths: number[] = []
    for (let cursor = ''; ; ) {
      const page = await get(`/api/readings?device=${device}&order=${order}&limit=5000${cursor}`)
      const bytes = JSON.stringify(page).length
      lengths.push(page.items.length)
      expect(bytes).toBeLessThan(5_000_000)
      for (const { sensor, value } of page.items) found.push(`${value[0]} ${sensor}`)
      if (page.next === null) break
      cursor = `&cursor=${encodeURIComponent(page.next)}`
    }
    const inOrder = sent.map(({ sensor, at }) => `${at} ${sensor}`).sort()
    expect(found).toEqual(order === 'oldest' ? inOrder : inOrder.reverse())
    expect(lengths.length).toBeGreaterThan(1)
  },
)

test('what cannot be used is acknowledged, counted by code, and told to the device', async () => {
  const pi = await connect('faulty')
  const said: { reading: string; code: string; reason: string }[] = []
  await pi.client.subscribeAsync(topics.rejected('faulty'))
  pi.client.on('message', (_, payload) => said.push(JSON.parse(String(payload))))
  await pi.read('door', 1, NOW)
  await pi.read('door', 1, NOW)
  await pi.read('door', 2, NOW)
  await pi.read('door', 2, 1000)
  await pi.read('Door', 2, NOW)
  await pi.client.publishAsync('ajar/faulty/door/reading', 'open', { qos: 1 })
  for (let i = 0; i < 64; i++) await pi.read(`s${i}`, i)
  await until(() => said.length === 5)
  expect(said.map(({ reading, code }) => [code, reading])).toEqual([
    ['id_collision', `faulty/door/${NOW}`],
    ['clock', 'faulty/door/1000'],
    ['bad_name', `faulty/Door/${NOW}`],
    ['not_a_reading', 'faulty/door'],
    ['too_many_sensors', 'faulty/s63'],
  ])
  const metrics = await get('/metrics')
  for (const code of new Set(said.map((one) => one.code)))
    expect(metrics).toMatch(new RegExp(`^ajar_readings_refused_total\\{code="${code}"\\} [1-9]`, 'm'))
  expect(metrics).toMatch(/^ajar_readings_ingested_total\{outcome="duplicate"\} [1-9]/m)
  expect(metrics).toMatch(/^ajar_readings_ingested_total\{outcome="stored"\} [1-9]/m)
})

describe('events', () => {
  const open = (lastEventId?: number) =>
    EventStream.open(onTestFinished, server.url, {
      token: ADMIN_TOKEN,
      query: '?kinds=reading',
      ...(lastEventId === undefined ? {} : { lastEventId }),
    })

  test('a reading is told as it is stored', async () => {
    const pi = await connect('told')
    const stream = await open()
    await pi.read('door', [1, 2], NOW)
    await until(() => stream.events.length > 0)
    expect(stream.events[0]).toMatchObject({
      event: 'reading',
      data: { device: 'told', sensor: 'door', at: iso(NOW), value: [1, 2] },
    })
  })

  test('who comes back is told the newest reading of each sensor, and need not begin anew', async () => {
    const pi = await connect('resumed')
    const before = await open()
    await pi.read('one', 0)
    await until(() => before.events.length > 0)
    before.close()
    for (let i = 1; i < 30; i++) await Promise.all([pi.read('one', i), pi.read('two', -i)])
    const after = await open(before.events[0]?.id ?? 0)
    await pi.read('three', 'live')
    await until(() => after.events.some(({ data }) => data.value === 'live'))
    expect(after.events.map(({ event, data }) => [event, data.sensor, data.value])).toEqual([
      ['reading', expect.stringMatching(/one|two/), expect.toBeOneOf([29, -29])],
      ['reading', expect.stringMatching(/one|two/), expect.toBeOneOf([29, -29])],
      ['reading', 'three', 'live'],
    ])
  })

  test('also in an hour in which nothing but readings came, and with those of a server before it', async () => {
    const pi = await connect('alone')
    const database = await openStateDatabase(server.dataDir)
    onTestFinished(() => database.close())
    await database.write.updateTable('events').set({ at: 0 }).execute()
    await pruneEvents(database)
    const before = await open()
    for (let i = 0; i < 5; i++) await pi.read('door', i)
    await until(() => before.events.length === 5)
    before.close()
    await pi.read('door', 5)
    const after = await open(before.events[3]?.id)
    await until(() => after.events.length > 0)
    expect(after.events.map(({ event, data }) => [event, data.value])).toEqual([['reading', 5]])
  })
})

test('a device that is removed leaves its readings, as it leaves its cameras', async () => {
  const pi = await connect('removed')
  await pi.read('door', 1, NOW)
  await server.call('DELETE', '/api/devices/removed')
  expect((await get('/api/sensors?device=removed')).items).toHaveLength(1)
  expect((await get('/api/readings?device=removed')).items).toHaveLength(1)
})

test('what an agent said of its sensors is known while it is away; what hinders them is not', async () => {
  const pi = await connect('away')
  const heat = { driver: 'cpu-temperature', unit: '°C', fault: 'it is gone' }
  const wifi = { driver: 'wifi', unit: 'dBm', fault: null }
  const facts = async () =>
    (await get('/api/sensors?device=away')).items.map(
      ({ sensor, unit, driver, fault }: Record<string, unknown>) => `${sensor} ${unit} ${driver} ${fault}`,
    )
  // Of one the agent speaks before its first reading, of the other after it.
  await pi.read('wifi', -60, NOW)
  await pi.say({ state: 'online', sensors: { heat, wifi } })
  await pi.read('heat', 20, NOW)
  const known = ['heat °C cpu-temperature', 'wifi dBm wifi']
  expect(await facts()).toEqual([`${known[0]} it is gone`, `${known[1]} null`])
  await pi.say({ state: 'offline' })
  expect(await facts()).toEqual(known.map((sensor) => `${sensor} null`))
  const { items } = await get(`/api/readings/at?device=away&at=${NOW}`)
  expect(items.map(({ unit }: { unit: string }) => unit)).toEqual(['°C', 'dBm'])
  // It is read by something else now, and one that it tells nothing of stays as it was.
  await pi.say({ state: 'online', sensors: { heat: { driver: 'probe', unit: null, fault: 'no answer' } } })
  expect(await facts()).toEqual(['heat null probe no answer', `${known[1]} null`])
  // Without a word: it is not there, whatever its last status says.
  await server.call('PATCH', '/api/devices/away', { disabled: true })
  await until(async () => !(await get('/api/devices/away')).connected)
  expect(await facts()).toEqual(['heat null probe null', `${known[1]} null`])
})

test('a sensor that is removed makes room for another, and is told of', async () => {
  const pi = await connect('full')
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=sensor' })
  const refused: string[] = []
  await pi.client.subscribeAsync(topics.rejected('full'))
  pi.client.on('message', (_, payload) => refused.push(JSON.parse(String(payload)).reading))
  for (let i = 0; i < 65; i++) await pi.read(`s${i}`, i, NOW)
  await until(() => refused.length > 0)
  expect(refused).toEqual([`full/s64/${NOW}`])
  expect((await server.call('DELETE', '/api/sensors/full/s64')).status).toBe(404)
  expect((await server.call('DELETE', '/api/sensors/full/s7')).status).toBe(204)
  expect((await server.call('DELETE', '/api/sensors/full/s7')).status).toBe(404)
  await until(() => stream.events.length > 0)
  expect(stream.events.map(({ event, data }) => [event, data])).toEqual([
    ['sensor', { device: 'full', sensor: 's7', change: 'removed' }],
  ])
  expect((await get('/api/readings?device=full&sensor=s7')).items).toEqual([])
  await pi.read('s64', 1, NOW)
  const { items } = await get('/api/sensors?device=full')
  expect(items).toHaveLength(64)
  expect(items.map(({ sensor }: { sensor: string }) => sensor)).toEqual(expect.arrayContaining(['s64', 's6', 's8']))
})
