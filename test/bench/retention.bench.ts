import { addDevices, type BenchServer, median, metric, percentile, publish, startBenchServer } from './peers.ts'

const PUBLISHERS = 10
const ROUNDS = 5
const SECONDS = 5
/** Below what is durable at most, so that a delay is not that of a queue. */
const RATE = 100
const order = {
  cameras: ['cam'],
  frame: { bytes: 100_000, width: 640, height: 360 },
  window: 8,
  seconds: SECONDS,
  rate: RATE,
}

/** What frames wait for their PUBACK while the oldest go all the time, against a server where nothing goes. */
export default async function retention() {
  const keeping = await startBenchServer({ AJAR_RETAIN_BYTES: '1TB' })
  // Files of a tenth of it: one of them fills, and one goes, every second.
  const pruning = await startBenchServer({ AJAR_RETAIN_BYTES: '100MB' })
  try {
    const servers = await Promise.all([keeping, pruning].map(withClients))
    const latencies = servers.map(() => [] as number[][])
    // The first round is not counted: it warms both.
    for (let round = -1; round < ROUNDS; round++)
      for (const [i, { server, clients }] of servers.entries()) {
        const report = await publish({ ...order, url: server.mqtt, clients })
        if (round >= 0) latencies[i]?.push(report.latencies)
        while ((await metric(server.api, 'ajar_frames_pending')) > 0) await new Promise((wait) => setTimeout(wait, 200))
      }
    const at = (share: number) => latencies.map((rounds) => median(rounds.map((sorted) => percentile(sorted, share))))
    const pruned = await metric(pruning.api, 'ajar_storage_pruned_frames')
    const bytes = await metric(pruning.api, 'ajar_storage_bytes')
    console.log(`${RATE} frames/s of 100 kB, QoS 1, ${ROUNDS} x ${SECONDS} s each, alternating, medians`)
    console.log(`${pruned} frames went meanwhile; ${(bytes / 1e6).toFixed(0)} MB are kept (limit 100 MB)`)
    for (const share of [0.5, 0.99, 1]) {
      const [without = 0, withPruning = 0] = at(share)
      const name = share === 1 ? 'most' : `p${share * 100}`
      const ratio = (withPruning / without).toFixed(2)
      console.log(
        `PUBACK ${name}: ${without.toFixed(1)} ms, while frames go ${withPruning.toFixed(1)} ms, ratio ${ratio}`,
      )
    }
  } finally {
    await keeping.close()
    await pruning.close()
  }
}

async function withClients(server: BenchServer) {
  return { server, clients: await addDevices(server.api, PUBLISHERS) }
}
