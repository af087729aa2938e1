import { readFileSync } from 'node:fs'
import { REJECT_CODES, Reading, TOPICS } from '@ajar/protocol'
import mqtt, { type MqttClient } from 'mqtt'
import { Value } from 'typebox/value'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { ADMIN_TOKEN, type Answer, RunningServer, until } from './running-server.ts'

/** What docs/devices.md tells those who flash devices, as it stands there, held against a server. */

const DOCUMENT = readFileSync(new URL('../../docs/devices.md', import.meta.url), 'utf8')
const shown = (pattern: RegExp) => pattern.exec(DOCUMENT)?.[1] ?? expect.fail(`the document does not have ${pattern}`)
/** Rows of the table under a heading row: what stands in each cell. */
const table = (heading: string) =>
  (DOCUMENT.split(`${heading}\n`)[1] ?? '')
    .split('\n')
    .slice(1)
    .reduce<{ rows: string[][]; over: boolean }>(
      ({ rows, over }, line) =>
        over || !line.startsWith('|')
          ? { rows, over: true }
          : {
              rows: [
                ...rows,
                line
                  .split(/(?<!\\)\|/)
                  .slice(1, -1)
                  .map((cell) => cell.trim().replaceAll('`', '')),
              ],
              over,
            },
      { rows: [], over: false },
    ).rows
const limit = (name: string) => table('| limit | is |').find(([row]) => row === name)?.[1] ?? expect.fail(name)

let server: RunningServer
let deviceToken: string
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  const [, , body = ''] = /curl -X POST \$SERVER(\/api\/devices) .*-d '(.*)'/.exec(DOCUMENT) ?? []
  deviceToken = (await server.call('POST', '/api/devices', JSON.parse(body))).body.token
})

async function board(): Promise<{ client: MqttClient; rejected: { reading: string; code: string; reason: string }[] }> {
  const client = await mqtt.connectAsync(server.mqttUrl, {
    ...{ clientId: 'board1', username: 'board1', password: deviceToken, protocolVersion: 4, reconnectPeriod: 0 },
  })
  onTestFinished(async () => void (await client.endAsync(true)))
  const rejected: { reading: string; code: string; reason: string }[] = []
  client.on('message', (_, payload) => rejected.push(JSON.parse(payload.toString())))
  await client.subscribeAsync('ajar/board1/rejected', { qos: 1 })
  return { client, rejected }
}

const send = (client: MqttClient, topic: string, value: unknown) =>
  client.publishAsync(topic, JSON.stringify({ value }), { qos: 1 })
const newest = async (sensor: string) =>
  (await server.call('GET', `/api/readings?device=board1&sensor=${sensor}&order=newest`)).body.items[0]
const codeOf = ({ status, body }: Answer) => `${status} ${body.error?.code}`

test('its readings by MQTT are stored when they are acknowledged', async () => {
  const { client, rejected } = await board()
  const messages = [...DOCUMENT.matchAll(/mosquitto_pub -i board1 -u board1 .* -t (\S+) -m '(.*)'/g)]
  expect(messages).toHaveLength(3)
  for (const [, topic = '', payload = ''] of messages) {
    await client.publishAsync(topic, payload, { qos: 1 })
    const [, , sensor = '', , ms] = topic.split('/')
    const stored = await newest(sensor)
    expect(stored.value).toEqual(JSON.parse(payload).value)
    if (ms) expect(Date.parse(stored.at)).toBe(Number(ms))
  }
  // Sent again, it is the same one.
  const [, , [, topic = '', payload = ''] = []] = messages
  await client.publishAsync(topic, payload, { qos: 1, dup: true })
  expect((await server.call('GET', '/api/readings?device=board1&sensor=csi')).body.items).toHaveLength(1)
  expect(rejected).toEqual([])
})

test('its topics are those there are, published by whom it says', () => {
  const rows = table('| topic | who publishes | what it is |')
  expect(rows.length).toBeGreaterThan(5)
  for (const [topic = '', who] of rows) {
    const rule = TOPICS.find(({ pattern }) => `ajar/{device}/${pattern}` === topic)
    expect(rule?.publisher, topic).toBe(who)
  }
})

test('its codes are those that a frame or reading can be refused with', () => {
  expect(
    table('| code | of | what is wrong |')
      .map(([code]) => code)
      .sort(),
  ).toEqual([...REJECT_CODES].sort())
})

test('its limits are those that hold', () => {
  const [, { maxLength }, { maxItems }] = JSON.parse(JSON.stringify(Reading.properties.value.anyOf))
  expect(Number(limit('numbers in a list'))).toBe(maxItems)
  expect(Number(limit('characters of a text'))).toBe(maxLength)
  expect(Number(limit('bytes of a message'))).toBe(2 * 1024 * 1024)
  expect('board1').toMatch(new RegExp(limit('names of devices, sensors, cameras')))
  for (const value of [Number.NaN, [1, '2'], [[1]], Array(Number(limit('numbers in a list')) + 1).fill(0)])
    expect(Value.Check(Reading, JSON.parse(JSON.stringify({ value })))).toBe(false)
})

test('what cannot be used is acknowledged and told on its topic, with the code it names', async () => {
  const { client, rejected } = await board()
  const example = JSON.parse(shown(/```json\n(\{ "reading".*\})\n```/))
  await client.publishAsync(`ajar/${example.reading.replace(/\/(\d+)$/, '/reading/$1')}`, '[1, 2]', { qos: 1 })
  const at = 1795286500000
  await send(client, `ajar/board1/csi/reading/${at}`, [1, Number.NaN])
  await send(client, `ajar/board1/heat/reading/${at}`, 1)
  await send(client, `ajar/board1/heat/reading/${at}`, 2)
  await send(client, 'ajar/board1/heat/reading/946684799999', 1)
  await send(client, `ajar/board1/heat/reading/${Date.now() + 6 * 60_000}`, 1)
  await send(client, 'ajar/board1/Heat/reading', 1)
  await until(() => rejected.length === 6)
  expect(rejected[0]).toMatchObject({ reading: example.reading, code: example.code })
  expect(rejected[0]?.reason.startsWith(example.reason.replace(/ \.\.\.$/, ''))).toBe(true)
  expect(rejected.map(({ code }) => code)).toEqual([
    ...['not_a_reading', 'not_a_reading', 'id_collision', 'clock', 'clock', 'bad_name'],
  ])
})

test('a sensor with states takes numbers of one length', async () => {
  const { client, rejected } = await board()
  await server.call('PATCH', '/api/sensors/board1/door', { states: ['closed', 'open'] })
  await send(client, 'ajar/board1/door/reading', [1, 2, 3])
  await send(client, 'ajar/board1/door/reading', [1, 2])
  await send(client, 'ajar/board1/door/reading', 'open')
  await until(() => rejected.length === 2)
  expect(rejected.map(({ code }) => code)).toEqual(['wrong_length', 'not_a_vector'])
  expect(codeOf(await server.call('POST', '/api/sensors/board1/door/readings', { value: [1] }))).toBe(
    '400 wrong_length',
  )
  const more = await server.call('POST', '/api/sensors/board1/door/readings', { value: [1, 2, 3], unit: 'C' })
  expect(more).toMatchObject({ status: 400 })
})

test('a device has so many sensors, and no topic of another', async () => {
  const { client, rejected } = await board()
  const { token } = (await server.call('POST', '/api/devices', { name: 'board2' })).body
  const most = Number(limit('sensors of a device'))
  for (let i = 0; i <= most; i++) {
    const { status, body } = await server.call('POST', `/api/sensors/board2/s${i}/readings`, { value: i })
    expect(i < most ? status : `${status} ${body.error.code}`).toBe(i < most ? 201 : '409 too_many_sensors')
  }
  expect(token).not.toBe(deviceToken)
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.publish('ajar/board2/s1/reading', '{"value": 1}', { qos: 1 })
  await closed
  expect(rejected).toEqual([])
})

test('its calls by HTTP store a reading, once', async () => {
  const calls = [...DOCUMENT.matchAll(/curl -X POST "?\$SERVER(\/api\/sensors[^\s"]*)"? .*-d '(.*)'/g)]
  expect(calls).toHaveLength(2)
  for (const [, path = '', body = ''] of calls) {
    const { status, body: answer } = await server.call('POST', path, JSON.parse(body))
    expect([status, answer.duplicate]).toEqual([201, false])
    if (path.includes('?at=')) expect((await server.call('POST', path, JSON.parse(body))).status).toBe(200)
    expect((await newest(path.split('/')[4] ?? '')).value).toEqual(JSON.parse(body).value)
  }
})

test('what the channel of its bytes comes to is what it says', () => {
  const { amplitude, phase } = JSON.parse(shown(/```json\n(\{ "amplitude".*\})\n```/))
  const b = Array.from({ length: 128 }, (_, i) => ((37 * i) % 256) - 128)
  const pair = (j: number) => [b[2 * j] ?? 0, b[2 * j + 1] ?? 0] as const
  for (const i of [0, 1, 2]) {
    const [first, second] = pair(6 + i)
    expect(amplitude[i]).toBeCloseTo(Math.hypot(first, second), 4)
    expect(phase[i]).toBeCloseTo(Math.atan2(first, second), 4)
  }
})

test('its call for a model asks for one, and says that there is none', async () => {
  const path = shown(/curl -OJ \$SERVER(\S+)/)
  await server.call('PATCH', '/api/sensors/board1/csi', { states: ['closed', 'open'] })
  const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'no_model' } })
})
