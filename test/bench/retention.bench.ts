import {
  addDevices,
  type BenchServer,
  compareDelays,
  drained,
  metric,
  publish,
  STEADY,
  startBenchServer,
} from './peers.ts'

const PUBLISHERS = 10
const ROUNDS = 5
const SECONDS = 5

/** What frames wait for their PUBACK while the oldest go all the time, against a server where nothing goes. */
export default async function retention() {
  const keeping = await startBenchServer({ AJAR_RETAIN_BYTES: '1TB' })
  // Files of a tenth of it: one of them fills, and one goes, every second.
  const pruning = await startBenchServer({ AJAR_RETAIN_BYTES: '100MB' })
  try {
    const servers = await Promise.all([keeping, pruning].map(withClients))
    const latencies: [number[][], number[][]] = [[], []]
    // The first round is not counted: it warms both.
    for (let round = -1; round < ROUNDS; round++)
      for (const [i, { server, clients }] of servers.entries()) {
        const report = await publish({ ...STEADY, seconds: SECONDS, url: server.mqtt, clients })
        if (round >= 0) latencies[i]?.push(report.latencies)
        await drained(server.api)
      }
    const pruned = await metric(pruning.api, 'ajar_storage_pruned_frames')
    const bytes = await metric(pruning.api, 'ajar_storage_bytes')
    console.log(`${STEADY.rate} frames/s of 100 kB, QoS 1, ${ROUNDS} x ${SECONDS} s each, alternating, medians`)
    console.log(`${pruned} frames went meanwhile; ${(bytes / 1e6).toFixed(0)} MB are kept (limit 100 MB)`)
    for (const line of compareDelays(latencies, 'while frames go')) console.log(line)
  } finally {
    await keeping.close()
    await pruning.close()
  }
}

async function withClients(server: BenchServer) {
  return { server, clients: await addDevices(server.api, PUBLISHERS) }
}
