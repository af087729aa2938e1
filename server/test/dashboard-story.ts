import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { InfluxDB } from 'influx'
import mqtt from 'mqtt'
import sharp from 'sharp'
import { devicePoint } from '../src/record/influx/device-points.ts'
import { type Point, pointOfSkipped } from '../src/record/influx/points.ts'
import { systemPoint } from '../src/record/influx/system-points.ts'
import { Influxd } from './influxd.ts'
import { CAMERA, door, label, train } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import type { Undo } from './temporary-folder.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const DATABASE = 'ajar'
/** Of all users that InfluxDB has here. */
export const PASSWORD = 'secret'

/** Everything that dashboards show, recorded by a real server into a real InfluxDB, most of it in an hour that has ended. */
export async function recordStory(undo: Undo): Promise<{ influxd: Influxd; server: RunningServer; hour: number }> {
  const influxd = await Influxd.start(undo, { authentication: true })
  const client = await prepared(influxd)
  const url = `http://ajar:${PASSWORD}@127.0.0.1:${influxd.port}/${DATABASE}`
  const first = await RunningServer.start(undo, { AJAR_INFLUX_URL: url })
  const hour = Math.floor(Date.now() / HOUR) * HOUR - HOUR
  const device = await sendByMqtt(first, hour)
  await recordFrames(first, hour)
  await until(async () => /ajar_influx_outbox 0$/m.test((await first.call('GET', '/metrics')).body))
  await client.writePoints(samplesOf(hour), { precision: 'ms' })
  await device.endAsync()
  await first.app.close()
  // Hours are told, and sent, soon after a start; a running server takes its time for each.
  const environment = { AJAR_INFLUX_URL: url, AJAR_DATA_DIR: first.dataDir }
  const telling = await RunningServer.start(undo, environment)
  await until(() => isTold(first.dataDir, hour))
  await telling.app.close()
  const server = await RunningServer.start(undo, environment)
  for (const table of ['result_1h', 'state_1h']) await until(() => isThere(client, table, hour))
  return { influxd, server, hour }
}

function isTold(dataDir: string, hour: number): boolean {
  const database = new DatabaseSync(`${dataDir}/state.db`, { readOnly: true })
  const row = database.prepare('select 1 from state_hours where at = ?').get(hour)
  database.close()
  return row !== undefined
}

/** Whether the hour has come as a rollup of that table, which the server tells when it is over. */
async function isThere(client: InfluxDB, table: string, hour: number): Promise<boolean> {
  const rows = await client.query(`select * from "rollups"."${table}" where time = ${hour}ms and state = 'open'`)
  return rows.length > 0
}

/** InfluxDB with the users that `deploy/compose.yaml` gives it. @returns a client that may do everything */
async function prepared(influxd: Influxd): Promise<InfluxDB> {
  await influxd.client(DATABASE).createUser('admin', PASSWORD, true)
  const client = influxd.client(DATABASE, { username: 'admin', password: PASSWORD })
  await client.createDatabase(DATABASE)
  for (const name of ['ajar', 'grafana']) await client.createUser(name, PASSWORD)
  await client.query('GRANT ALL ON "ajar" TO "ajar"')
  await client.grantPrivilege('grafana', 'READ', DATABASE)
  await client.query(readFileSync(new URL('../../deploy/influxdb/rollups.iql', import.meta.url), 'utf8'))
  return client
}

/** Frames before there is a model, of both states, of a covered lens, of nothing known, of low confidence, and late ones. */
async function recordFrames(server: RunningServer, hour: number): Promise<void> {
  const send = (jpeg: Uint8Array, minute: number) => server.send(CAMERA, jpeg, hour + minute * MINUTE)
  const settings = (body: object) => server.call('PATCH', `/api/cameras/${CAMERA}`, body)
  await server.ended(await send(await door('open', 1), 1))
  await label(server, 6)
  await train(server)
  await settings({ debounce: 2 })
  for (let i = 0; i < 24; i++) await send(await door(i % 6 < 3 ? 'open' : 'closed', i), 10 + i)
  await server.ended(await send(await plainJpeg(3), 40))
  await server.ended(await send(await noise(), 41))
  await server.ended(await send(await door('open', 2), 50))
  await settings({ threshold: 1 })
  await server.ended(await send(await door('closed', 3), 51))
  await settings({ threshold: 0.5 })
  await server.ended(await send(await door('open', 4), 45))
}

async function noise(): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  return new Uint8Array(
    await sharp({ create: { width: 320, height: 180, channels: 3, background: '#888', noise } })
      .jpeg()
      .toBuffer(),
  )
}

async function sendByMqtt(server: RunningServer, hour: number): Promise<mqtt.MqttClient> {
  const { token } = (await server.call('POST', '/api/devices', { name: 'pi' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'pi', password: token })
  const status = { state: 'online', outboxFrames: 3, droppedFrames: 0, temperatureC: 48.5 }
  await client.publishAsync('ajar/pi/status', JSON.stringify(status), { qos: 1, retain: true })
  // Those of the camera itself are what a task finds out about it.
  const health = { 'door-noise': 12.5, 'door-sharpness': 40, 'door-hot-pixels': 3, 'door-brightness': 128 }
  for (let minute = 0; minute < 60; minute += 10)
    for (const [sensor, value] of Object.entries({
      ...{ heat: 40 + minute / 10, contact: minute % 20 ? 'open' : 'closed', ...health },
    }))
      await client.publishAsync(`ajar/pi/${sensor}/reading/${hour + minute * MINUTE}`, JSON.stringify({ value }), {
        qos: 1,
      })
  await client.publishAsync(`ajar/pi/wifi/reading/${hour}`, JSON.stringify({ value: [1, 2, 4] }), { qos: 1 })
  return client
}

/** An hour of samples as the server takes them: a test does not wait for one. And a frame that waited too long. */
function samplesOf(hour: number): Point[] {
  const points: Point[] = []
  for (let minute = 0; minute < 60; minute++) {
    const counts = { captured: minute * 60, gated: minute * 50, sent: minute * 10, dropped: 0 }
    const status = {
      state: 'online',
      outboxFrames: minute,
      droppedFrames: minute,
      temperatureC: 50,
      captures: { door: counts },
    }
    points.push(
      devicePoint({ name: 'pi', connected: 1, status_json: JSON.stringify(status) }, hour + minute * MINUTE),
      systemPoint(SERVER, hour + minute * MINUTE),
    )
  }
  const received_at = hour + 30 * MINUTE
  const times = { captured_at: received_at - 500, received_at, recorded_at: received_at + 10 * MINUTE }
  const skipped = pointOfSkipped({ camera: CAMERA, ...times, outcome: 'skipped', code: null })
  return skipped ? [...points, skipped] : points
}

const MB = 1_000_000
const SERVER = {
  pending_frames: 1,
  influx_outbox: 2,
  frames_bytes: 30 * MB,
  disk_free_bytes: 900 * MB,
  state_bytes: MB,
  wal_bytes: 4 * MB,
  rss_bytes: 200 * MB,
  heap_bytes: 60 * MB,
  loop_delay_p99_ms: 12,
  http_connections: 1,
  mqtt_connections: 1,
  cameras: 1,
  devices_connected: 1,
  jobs_waiting: 0,
}
