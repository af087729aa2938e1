import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { addDevices, median, metric, percentile, startBenchServer, startMosquitto } from './peers.ts'
import { processorSeconds } from './processor-time.ts'
import type { ReadingOrder, ReadingReport } from './reading-publishers.ts'

const CLIENTS = 8
const WINDOW = 8
const ROUNDS = 3
const SECONDS = 4
/** Numbers of a packet of the Wi-Fi channel: 53 amplitudes and 53 phases. */
const PACKET = 106
const order = { sensors: 16, window: WINDOW, seconds: SECONDS }

/**
 * Durable readings/s with agents' windows, against what SQLite commits of the same rows in groups as large as what is in
 * flight, and against Mosquitto, which stores nothing.
 */
export default async function readings() {
  const server = await startBenchServer()
  const mosquitto = await startMosquitto()
  const empty = await startBareBroker()
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-'))
  try {
    const clients = await addDevices(server.api, CLIENTS)
    const seen = await addDevices(server.api, CLIENTS, 'esp')
    for (const { username } of seen)
      await server.api.send('PATCH', `/api/sensors/${username}/sensor-0`, { states: ['closed', 'open'] })
    const [ours, bare, theirs, vectors]: ReadingReport[][] = [[], [], [], []]
    const processor: number[] = []
    const limits: number[] = []
    const alone: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = processorSeconds(server.process.pid)
      ours?.push(await publish({ ...order, url: server.mqtt, clients }))
      processor.push((processorSeconds(server.process.pid) - before) / (ours?.at(-1)?.acknowledged ?? 0))
      vectors?.push(await publish({ ...order, url: server.mqtt, clients: seen, sensors: 1, numbers: PACKET }))
      // What waits is recorded now, so that it does not take the next part's time.
      while ((await metric(server.api, 'ajar_frames_pending')) > 0) await sleep(200)
      limits.push(await commits(join(folder, `${round}.db`), CLIENTS * WINDOW))
      alone.push(await commits(join(folder, `alone-${round}.db`), 1))
      bare?.push(await publish({ ...order, url: empty.url, clients }))
      theirs?.push(await publish({ ...order, url: mosquitto.url, clients }))
    }
    const rate = (reports: ReadingReport[] = []) =>
      median(reports.map(({ acknowledged, seconds }) => acknowledged / seconds))
    const late = (reports: ReadingReport[] = [], share: number) =>
      median(reports.map(({ latencies }) => percentile(latencies, share))).toFixed(1)
    const stored = await metric(server.api, 'ajar_readings_ingested_total')
    console.log(`${CLIENTS} publishers, QoS 1, window ${WINDOW}, ${ROUNDS} x ${SECONDS} s each, alternating, medians`)
    console.log(
      `ajar              ${rate(ours).toFixed(0)} durable readings/s, PUBACK p50 ${late(ours, 0.5)} ms, p99 ${late(ours, 0.99)} ms`,
    )
    console.log(
      `                  ${(median(processor) * 1000).toFixed(2)} ms of processor time a reading in the server`,
    )
    console.log(
      `with states       ${rate(vectors).toFixed(0)} durable vectors/s of ${PACKET} numbers through the pipeline, PUBACK p50 ${late(vectors, 0.5)} ms, p99 ${late(vectors, 0.99)} ms`,
    )
    console.log(`SQLite, groups    ${median(limits).toFixed(0)} rows/s in commits of ${CLIENTS * WINDOW} (no broker)`)
    console.log(`SQLite, alone     ${median(alone).toFixed(0)} rows/s in commits of 1`)
    console.log(
      `our broker alone  ${rate(bare).toFixed(0)} readings/s (nothing stored), PUBACK p99 ${late(bare, 0.99)} ms`,
    )
    console.log(
      `mosquitto         ${rate(theirs).toFixed(0)} readings/s (nothing stored), PUBACK p99 ${late(theirs, 0.99)} ms`,
    )
    console.log(
      `ratio             ${(rate(ours) / median(limits)).toFixed(2)} of the groups, ${(rate(ours) / median(alone)).toFixed(2)} of one by one, ${(rate(ours) / rate(bare)).toFixed(2)} of our broker alone, ${(rate(ours) / rate(theirs)).toFixed(2)} of mosquitto; ${stored} stored`,
    )
  } finally {
    empty.close()
    await mosquitto.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Our broker with nothing behind it. */
async function startBareBroker(): Promise<{ url: string; close(): void }> {
  const child = fork(new URL('./bare-broker.ts', import.meta.url))
  const [port] = await once(child, 'message')
  return { url: `mqtt://127.0.0.1:${port}`, close: () => child.kill('SIGKILL') }
}

function publish(wanted: ReadingOrder): Promise<ReadingReport> {
  const child = fork(new URL('./reading-publishers.ts', import.meta.url), { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as ReadingReport))
    child.once('exit', (code) => reject(new Error(`the publishers ended with ${code}`)))
    child.send(wanted)
  })
}

/** Rows/s of readings that SQLite writes and syncs as state.db is written, and nothing besides. */
async function commits(path: string, rows: number): Promise<number> {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(`create table readings (
    device text not null, sensor text not null, at integer not null, received_at integer not null,
    value_json text not null, primary key (device, sensor, at)) without rowid;
    create index readings_by_time on readings (at)`)
  const insert = database.prepare('insert into readings values (?, ?, ?, ?, ?)')
  const started = performance.now()
  let written = 0
  while (performance.now() < started + SECONDS * 1000) {
    database.exec('begin immediate')
    for (let i = 0; i < rows; i++) {
      written += 1
      insert.run(`pi-${written % CLIENTS}`, `sensor-${written % order.sensors}`, written, written, `${written / 7}`)
    }
    database.exec('commit')
  }
  const seconds = (performance.now() - started) / 1000
  database.close()
  return written / seconds
}
