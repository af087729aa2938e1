import mqtt from 'mqtt'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { Influxd } from './influxd.ts'
import { RunningServer, until } from './running-server.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const DATABASE = 'ajar sensors'

test('readings of every kind become points, also those read while InfluxDB is away', { timeout: 60_000 }, async () => {
  const influxd = await Influxd.start(onTestFinished)
  const url = `http://127.0.0.1:${influxd.port}/${encodeURIComponent(DATABASE)}`
  const server = await RunningServer.start(onTestFinished, { AJAR_INFLUX_URL: url })
  const { token } = (await server.call('POST', '/api/devices', { name: 'pi' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'pi', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const now = Date.now() - 100_000
  const read = (sensor: string, value: unknown, at: number) =>
    client.publishAsync(`ajar/pi/${sensor}/reading/${at}`, JSON.stringify({ value }), { qos: 1 })
  const points = async (sensor: string) => {
    const rows = await influxd
      .client(DATABASE)
      .query<Record<string, unknown> & { time: Date }>(`select * from reading where sensor = '${sensor}'`)
      .catch(() => [])
    return rows.map(({ time, ...row }): Record<string, unknown> => ({ ...row, at: time.getTime() }))
  }
  const nothing = { device: 'pi', value: null, text: null, mean: null, min: null, max: null, length: null }

  // What its numbers are in is no tag, which would begin another series when it changes.
  const sensors = { number: { driver: 'cpu-temperature', unit: '°C', fault: null } }
  await client.publishAsync('ajar/pi/status', JSON.stringify({ state: 'online', sensors }), { qos: 1, retain: true })
  await read('number', 21.5, now)
  await read('list', [1, -2, 4], now)
  await read('list', [], now + 1)
  const texts = [
    'open',
    '',
    'a "quoted" \\ text, with = and spaces',
    'two\nlines\r\tand a tab',
    'door 🚪',
    '\u0001\u0000\u007f',
  ]
  for (const [i, text] of texts.entries()) await read('text', text, now + i)
  await until(async () => (await points('text')).length === texts.length)
  expect(await points('number')).toEqual([{ ...nothing, sensor: 'number', at: now, value: 21.5 }])
  expect(await points('list')).toEqual([
    { ...nothing, sensor: 'list', at: now, mean: 1, min: -2, max: 4, length: 3 },
    { ...nothing, sensor: 'list', at: now + 1, length: 0 },
  ])
  expect((await points('text')).map(({ text }) => text)).toEqual(texts)

  await influxd.kill()
  for (let i = 0; i < 50; i++) await read('away', i, now + i)
  await read('away', 0, now) // sent again: one point
  await influxd.start()
  await until(async () => (await points('away')).length >= 50)
  expect((await points('away')).map(({ at, value }) => [at, value])).toEqual(
    Array.from({ length: 50 }, (_, i) => [now + i, i]),
  )
})
