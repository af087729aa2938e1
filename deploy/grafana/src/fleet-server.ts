import { lastDays } from './influx.ts'
import { lines } from './panels.ts'

/** Fields of `system` as lines: the greatest of each step, for what is too much is too much for a moment too. */
function ofServer(title: string, description: string, unit: string, fields: Record<string, string>) {
  const queries = Object.entries(fields).map(([field, alias]) => ({
    influxql: `SELECT max("${field}") FROM "system" WHERE ${lastDays(31)} GROUP BY time($__interval) fill(none)`,
    alias,
  }))
  return lines({ title, description, width: 12, queries }, unit).min(0).interval('15s')
}

const queues = ofServer(
  'Queues',
  'What waits: frames for their result, points for InfluxDB, jobs for their turn. A queue that only grows is a fault',
  'short',
  { pending_frames: 'frames', influx_outbox: 'points', jobs_waiting: 'jobs' },
)
const disk = ofServer('Disk', 'What is free, and what frames take of it', 'bytes', {
  disk_free_bytes: 'free',
  frames_bytes: 'frames',
})
const database = ofServer('Database', 'The database of states and results, and its log', 'bytes', {
  state_bytes: 'state.db',
  wal_bytes: 'its log',
})
const memory = ofServer('Memory', 'Of the server process; some of it is outside of the heap', 'bytes', {
  rss_bytes: 'process',
  heap_bytes: 'heap',
})
const loop = ofServer(
  'Delay of the event loop',
  'The longest waits since the sample before (99th percentile); hundreds of milliseconds mean that something blocks',
  'ms',
  { loop_delay_p99_ms: 'delay' },
)
const connections = ofServer('Connections', 'Open ones, and the devices and cameras behind them', 'short', {
  http_connections: 'HTTP',
  mqtt_connections: 'MQTT',
  devices_connected: 'devices',
  cameras: 'cameras',
})

export const server = [queues, disk, database, memory, loop, connections]
