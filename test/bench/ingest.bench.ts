import {
  addDevices,
  median,
  metric,
  percentile,
  publish,
  residentMb,
  startBenchServer,
  startMosquitto,
} from './peers.ts'
import type { PublishReport } from './publishers.ts'

const PUBLISHERS = 20
const ROUNDS = 3
const SECONDS = 5
const order = {
  cameras: ['cam'],
  frame: { bytes: 100_000, width: 640, height: 360 },
  window: 8,
  seconds: SECONDS,
  rate: null,
}

/** Durable acknowledged frames/s against Mosquitto, which stores nothing, with the same clients. */
export default async function ingest() {
  const server = await startBenchServer()
  const mosquitto = await startMosquitto()
  try {
    const clients = await addDevices(server.api, PUBLISHERS)
    const ours: PublishReport[] = []
    const theirs: PublishReport[] = []
    const loopDelays: number[] = []
    const memory: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await metric(server.api, 'ajar_event_loop_delay_p99_seconds') // begins a new measurement
      const watching = setInterval(async () => memory.push(await residentMb(server.process.pid)), 250)
      ours.push(await publish({ ...order, url: server.mqtt, clients }))
      clearInterval(watching)
      loopDelays.push((await metric(server.api, 'ajar_event_loop_delay_p99_seconds')) * 1000)
      // What waits is classified now, so that it does not take the next round's time.
      while ((await metric(server.api, 'ajar_frames_pending')) > 0) await new Promise((wait) => setTimeout(wait, 200))
      theirs.push(await publish({ ...order, url: mosquitto.url, clients }))
    }
    const rate = (reports: PublishReport[]) =>
      median(reports.map(({ acknowledged, seconds }) => acknowledged / seconds))
    const late = (reports: PublishReport[]) => median(reports.map(({ latencies }) => percentile(latencies, 0.99)))
    console.log(
      `${PUBLISHERS} publishers, 100 kB, QoS 1, window 8, ${ROUNDS} x ${SECONDS} s each, alternating, medians`,
    )
    console.log(`ajar       ${rate(ours).toFixed(0)} durable frames/s, PUBACK p99 ${late(ours).toFixed(0)} ms`)
    console.log(
      `mosquitto  ${rate(theirs).toFixed(0)} frames/s (nothing stored), PUBACK p99 ${late(theirs).toFixed(0)} ms`,
    )
    console.log(`ratio      ${(rate(ours) / rate(theirs)).toFixed(2)} (aim 0.6)`)
    console.log(
      `event loop delay p99 ${median(loopDelays).toFixed(1)} ms; memory at most ${Math.max(...memory).toFixed(0)} MB`,
    )
  } finally {
    await mosquitto.close()
    await server.close()
  }
}
