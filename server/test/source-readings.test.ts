import { topics } from '@ajar/protocol'
import mqtt from 'mqtt'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import { setUp, teachSums } from './some-vectors.ts'

/** Readings of sensors that have states, in a whole server. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const NOW = Date.now() - 100_000
const VIEW = { parts: [{ name: 'value', length: 4, kind: 'value' as const }], window: 1 }

/** A device with one sensor that is set up. */
async function sensorOf(device: string, more: object = {}) {
  const { token } = (await server.call('POST', '/api/devices', { name: device })).body
  const sensor = `${device}/radio`
  await setUp(server, sensor, more)
  const client = await mqtt.connectAsync(server.mqttUrl, { username: device, password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const heard: { topic: string; body: unknown }[] = []
  client.on('message', (topic, payload) => heard.push({ topic, body: JSON.parse(String(payload)) }))
  await client.subscribeAsync([`ajar/${device}/rejected`, `ajar/${sensor}/state`])
  /** Resolves at the PUBACK. */
  const send = (payload: string, atMs: number | null = null) =>
    client.publishAsync(
      atMs === null ? `ajar/${device}/radio/reading` : topics.reading({ device, sensor: 'radio', atMs }),
      payload,
      { qos: 1 },
    )
  const read = (value: unknown, atMs: number | null = null) => send(JSON.stringify({ value }), atMs)
  const rejected = () => heard.filter(({ topic }) => topic.endsWith('/rejected')).map(({ body }) => body)
  return { device, sensor, client, send, read, heard, rejected }
}

const journeyOf = async (reading: string) => (await server.call('GET', `/api/readings/${reading}/journey`)).body
const ended = (reading: string) =>
  until(async () => {
    const journey = await journeyOf(reading)
    return journey.outcome && journey.outcome !== 'pending' ? journey : null
  })
const resultsOf = async (sensor: string) => (await server.call('GET', `/api/sensors/${sensor}/results`)).body.items

test('a vector is classified, recorded and told, and its sensor shows it as its newest value', async () => {
  const { sensor, read, heard } = await sensorOf('pi-told', { vector: VIEW })
  const model = await teachSums(server.url, sensor, VIEW)
  await read([5, 1, 1, 1], NOW)
  const journey = await ended(`${sensor}/${NOW}`)
  const times = ['receivedAt', 'storedAt', 'classifiedAt', 'recordedAt'].map((step) => Date.parse(journey[step]))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(journey).toMatchObject({ frame: `${sensor}/${NOW}`, outcome: 'classified' })
  const [result] = await resultsOf(sensor)
  expect(result).toMatchObject({ state: 'open', model, details: { estimators: { value: { state: 'open' } } } })
  await read([-5, 1, 1, 1], NOW + 10)
  await ended(`${sensor}/${NOW + 10}`)
  const state = { state: 'closed', frame: `${sensor}/${NOW + 10}`, model }
  await until(() => heard.some(({ topic, body }) => topic === `ajar/${sensor}/state` && expectsLike(body, state)))
  const { body } = await server.call('GET', '/api/sensors?device=pi-told')
  expect(body.items ?? body).toContainEqual(
    expect.objectContaining({ sensor: 'radio', value: [-5, 1, 1, 1], at: new Date(NOW + 10).toISOString() }),
  )
})

function expectsLike(body: unknown, part: object): boolean {
  return Object.entries(part).every(([name, value]) => (body as Record<string, unknown>)[name] === value)
}

test('a number is a vector of one, and stays a number where it is told', async () => {
  const { sensor, read } = await sensorOf('pi-scalar')
  await teachSums(server.url, sensor, { parts: [{ name: 'value', length: 1, kind: 'value' }], window: 1 })
  await read(-7.5, NOW)
  await ended(`${sensor}/${NOW}`)
  expect((await resultsOf(sensor))[0]).toMatchObject({ state: 'closed' })
  const { body } = await server.call('GET', '/api/sensors?device=pi-scalar')
  expect((body.items ?? body)[0]).toMatchObject({ value: -7.5 })
})

test('a sensor takes the length of its first reading, also where two come at once, and keeps it', async () => {
  const { sensor, read, rejected } = await sensorOf('pi-length')
  await Promise.all([read([1, 2, 3], NOW), read([1, 2], NOW + 1), read([4, 5, 6], NOW + 2)])
  const { vector } = (await server.call('GET', `/api/sensors/${sensor}`)).body.source
  expect(vector).toEqual({ parts: [{ name: 'value', length: 3, kind: 'value' }], window: 1 })
  await until(() => rejected().length === 1)
  expect(rejected()).toEqual([expect.objectContaining({ reading: `${sensor}/${NOW + 1}`, code: 'wrong_length' })])
})

describe('what cannot be used', () => {
  test.each([
    ['of another length', '{"value":[1,2,3]}', 'wrong_length'],
    ['a number where a list is expected', '{"value":7}', 'wrong_length'],
    ['longer than any', JSON.stringify({ value: Array.from({ length: 4097 }, () => 1) }), 'not_a_reading'],
    ['a text', '{"value":"open"}', 'not_a_vector'],
    ['an empty list', '{"value":[]}', 'not_a_vector'],
    ['infinite', '{"value":[1,2,3,1e999]}', 'not_a_reading'],
    ['no number', '{"value":[1,2,3,NaN]}', 'not_a_reading'],
    ['null', '{"value":[1,2,3,null]}', 'not_a_reading'],
    ['a text among numbers', '{"value":[1,2,3,"4"]}', 'not_a_reading'],
    ['nested', '{"value":[[1,2,3,4]]}', 'not_a_reading'],
    ['of an unknown type', '{"value":{"amplitude":[1,2,3,4]}}', 'not_a_reading'],
    ['no measurement', '{"value":[1,2,3,1e300]}', 'not_a_vector'],
  ])('%s: it is acknowledged, told and not kept', async (name, payload, code) => {
    const device = `pi-${name.replaceAll(' ', '-')}`.slice(0, 32)
    const { sensor, send, rejected } = await sensorOf(device, { vector: VIEW })
    await send(payload, NOW)
    await until(() => rejected().length > 0)
    expect(rejected()).toEqual([{ reading: `${sensor}/${NOW}`, code, reason: expect.any(String) }])
    expect(await journeyOf(`${sensor}/${NOW}`)).toMatchObject({ outcome: 'refused', storedAt: null })
    // Its id is free for one that can be used.
    await send('{"value":[1,2,3,4]}', NOW)
    expect(await ended(`${sensor}/${NOW}`)).toMatchObject({ outcome: 'classified' })
  })
})

test('sent again it changes nothing; with other numbers the first stays, and it is told', async () => {
  const { sensor, read, send, rejected } = await sensorOf('pi-again', { vector: VIEW })
  await read([1, 2, 3, 4], NOW)
  await send('{ "value" : [1.0, 2, 3, 4] }', NOW)
  await ended(`${sensor}/${NOW}`)
  await read([1, 2, 3, 5], NOW)
  await until(() => rejected().length > 0)
  expect(rejected()).toEqual([expect.objectContaining({ code: 'id_collision' })])
  expect(await resultsOf(sensor)).toHaveLength(1)
})

test('a reading of a sensor without states ends with its store, and its journey says so', async () => {
  const { device, read } = await sensorOf('pi-plain', { vector: VIEW })
  const answer = await server.call('POST', `/api/sensors/${device}/heat/readings?at=${NOW}`, { value: 20.5 })
  expect(answer).toMatchObject({ status: 201, body: { reading: `${device}/heat/${NOW}`, duplicate: false } })
  const again = await server.call('POST', `/api/sensors/${device}/heat/readings?at=${NOW}`, { value: 20.5 })
  expect(again).toMatchObject({ status: 200, body: { duplicate: true } })
  const other = await server.call('POST', `/api/sensors/${device}/heat/readings?at=${NOW}`, { value: 21 })
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'id_collision' } } })
  const journey = await journeyOf(`${device}/heat/${NOW}`)
  expect(journey).toMatchObject({ outcome: 'stored', classifiedAt: null })
  expect(journey.recordedAt).toBe(journey.storedAt)
  expect(Date.parse(journey.storedAt)).toBeGreaterThanOrEqual(Date.parse(journey.receivedAt))
  await read([1, 2, 3, 4], NOW)
  const database = await openStateDatabase(server.dataDir)
  onTestFinished(() => database.close())
  const rows = await database.read.selectFrom('readings').select('sensor').where('device', '=', device).execute()
  expect(rows).toEqual([{ sensor: 'heat' }])
})

test('a frame under the name of a sensor is refused, and its connection stays', async () => {
  const { sensor, read } = await sensorOf('pi-both', { vector: VIEW })
  const answer = await server.call('POST', `/api/cameras/${sensor}/frames?capturedAt=${NOW}`, await plainJpeg())
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_name' } } })
  await read([1, 2, 3, 4], NOW)
  expect(await ended(`${sensor}/${NOW}`)).toMatchObject({ outcome: 'classified' })
})

test('frames at the name of a sensor are refused as what they are, and are none of its readings', async () => {
  const { sensor, client, send, rejected } = await sensorOf('pi-frames', { vector: VIEW })
  const jpeg = (await plainJpeg(1)).subarray(0, 200)
  for (const bytes of [Buffer.from(jpeg), Buffer.from('no picture')])
    await client.publishAsync(`ajar/${sensor}/frame`, bytes, { qos: 1 })
  await send('{"value":[1,2,3,4]}', NOW)
  await until(() => rejected().length === 2)
  for (const one of rejected()) expect(one).toMatchObject({ code: 'bad_name' })
  await ended(`${sensor}/${NOW}`)
  const { items } = (await server.call('GET', `/api/sensors/${sensor}/readings`)).body
  expect(items.map(({ id }: { id: string }) => id)).toEqual([`${sensor}/${NOW}`])
})

test('a reading that is sent again is the same one, also where its sensor was set up in between', async () => {
  const at = Date.now()
  const reads = async (value: unknown, ms: number) =>
    (await server.call('POST', `/api/sensors/between/radio/readings?at=${ms}`, { value })).status
  expect(await reads([1, 2, 3, 4], at)).toBe(201)
  await setUp(server, 'between/radio', { vector: VIEW })
  expect(await reads([1, 2, 3, 4], at)).toBe(200)
  expect(await reads([4, 3, 2, 1], at)).toBe(409)
  expect(await reads([1, 2, 3, 4], at + 1)).toBe(201)
  await ended(`between/radio/${at + 1}`)
  const { items } = (await server.call('GET', '/api/sensors/between/radio/readings')).body
  expect(items.map(({ id }: { id: string }) => id)).toEqual([`between/radio/${at + 1}`])
})
