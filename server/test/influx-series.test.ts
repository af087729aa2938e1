import mqtt from 'mqtt'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { MEASUREMENTS, type MeasurementShape } from '../src/record/influx/measurements.ts'
import { Influxd } from './influxd.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const DATABASE = 'doors'
const MORE_THAN_ALLOWED = 80

async function start() {
  const influxd = await Influxd.start(onTestFinished)
  const url = `http://127.0.0.1:${influxd.port}/${DATABASE}`
  const server = await RunningServer.start(onTestFinished, { AJAR_INFLUX_URL: url })
  const { token } = (await server.call('POST', '/api/devices', { name: 'pi' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'pi', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const publish = (topic: string, payload: string | Uint8Array) =>
    client.publishAsync(`ajar/pi/${topic}`, Buffer.from(payload), { qos: 1 })
  const query = <T>(text: string) => influxd.client(DATABASE).query<T>(text)
  /** All that waits has gone to InfluxDB. */
  const drained = () =>
    until(async () => /^ajar_influx_outbox 0$/m.test((await server.call('GET', '/metrics')).body) || null)
  return { influxd, server, client, publish, query, drained }
}

test('a device that makes up names adds only as many series as the README says', { timeout: 120_000 }, async () => {
  const { server, publish, query, drained } = await start()
  const now = Date.now() - 100_000
  const jpeg = await plainJpeg(1, 16, 16)
  for (let i = 0; i < MORE_THAN_ALLOWED; i++) {
    await publish(`sensor-${i}/reading/${now + i}`, JSON.stringify({ value: i }))
    await publish(`cam-${i}/frame/${now + i}`, jpeg)
    const status = { state: 'online', version: `made-up-${i}`, driver: `made-up-${i}`, outboxFrames: i }
    await publish('status', JSON.stringify(status))
    const { status: code } = await server.call('POST', '/server/post/keep_alive', { NAME: `stranger-${i}`, ID: i })
    expect(code).toBe(200)
  }
  await until(async () => (await server.call('GET', '/api/cameras')).body.items.length >= 64)
  await drained()
  await until(async () => (await query('select * from device')).length > 1)
  const series = await query<{ key: string }>('show series')
  const keys = series.map(({ key }) => key)
  const of = (measurement: string) => keys.filter((key) => key.split(',')[0] === measurement)
  expect(of('reading')).toHaveLength(64)
  expect(of('result')).toHaveLength(64)
  expect(of('device')).toEqual(['device,device=pi'])
  expect(of('system')).toEqual(['system'])
  expect(keys.filter((key) => /made-up|stranger/.test(key))).toEqual([])
})

test('InfluxDB has what is listed of each measurement, as it is listed', { timeout: 60_000 }, async () => {
  const { server, publish, query, drained } = await start()
  const now = Date.now() - 100_000
  await server.ended(await server.send('pi/cam', await plainJpeg(1, 16, 16), now))
  for (const [i, value] of [1.5, 'text', [1, 2]].entries())
    await publish(`sensor/reading/${now + i}`, JSON.stringify({ value }))
  const counts = { driver: null, captured: 9, gated: 4, sent: 5, dropped: 0 }
  const status = { state: 'online', outboxFrames: 3, droppedFrames: 1, temperatureC: 40, captures: { cam: counts } }
  await publish('status', JSON.stringify(status))
  const fieldsOf = async (measurement: string) => {
    const rows = await query<{ fieldKey: string; fieldType: string }>(`show field keys from ${measurement}`)
    return Object.fromEntries(rows.map(({ fieldKey, fieldType }) => [fieldKey, fieldType]))
  }
  await until(async () => 'captured' in (await fieldsOf('device').catch(() => ({}))))
  await drained()
  const listed = (shape: MeasurementShape) =>
    Object.fromEntries(Object.entries(shape.fields).map(([name, { type }]) => [name, type]))
  for (const name of ['reading', 'device', 'system'] as const)
    expect(await fieldsOf(name)).toEqual(listed(MEASUREMENTS[name]))
  expect(listed(MEASUREMENTS.result)).toMatchObject(await fieldsOf('result'))
  const [device] = await query('select * from device order by time desc limit 1')
  expect(device).toMatchObject({ device: 'pi', connected: 1, outbox_frames: 3, captured: 9, gated: 4, sent: 5 })
})

test('what a release before left in the outbox still goes to InfluxDB', { timeout: 60_000 }, async () => {
  const { influxd, server, query } = await start()
  await influxd.kill()
  const dataDir = server.dataDir
  await server.app.close()
  const database = await openStateDatabase(dataDir)
  const tags = { device: 'old', camera: 'cam', state: 'unknown' }
  const points = [
    {
      measurement: 'result',
      tags: { ...tags, model: 'none' },
      fields: { confidence: 0, latency_ms: 3, late: false, pipeline_ms: 9, reason: 'no_model' },
      timestamp: 1_700_000_000_000,
    },
    { measurement: 'transition', tags, fields: { from: 'open', confidence: 0 }, timestamp: 1_700_000_000_000 },
  ]
  const rows = points.map((point) => ({ point_json: JSON.stringify(point) }))
  await database.write.insertInto('influx_outbox').values(rows).execute()
  await database.close()
  await influxd.start()
  const again = await RunningServer.start(onTestFinished, {
    ...{ AJAR_DATA_DIR: dataDir, AJAR_INFLUX_URL: `http://127.0.0.1:${influxd.port}/${DATABASE}` },
  })
  await again.ended(await again.send('old/cam', await plainJpeg(1, 16, 16)))
  await until(async () => (await query("select * from result where device = 'old'")).length === 2)
  expect(await query("select * from transition where device = 'old'")).toHaveLength(1)
})
