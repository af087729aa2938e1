import { fork } from 'node:child_process'
import { csiView, embedVector, openHead, type Sample, trainHead } from '@ajar/models'
import { train } from '../journeys/packets.ts'
import { PacketSender, packetAt } from '../setup/packet-senders.ts'
import type { BoardsOrder, BoardsReport } from './packet-boards.ts'
import { drained, median, metric, percentile, startBenchServer } from './peers.ts'
import { processorSeconds } from './processor-time.ts'

const ROUNDS = 3
const SECONDS = 5
const BOARDS = 20
/** Frames files, rows, results, debounce and events of a packet are what the bare loop does not have. */
const ORDERS = { 'one after the other': 1, '4 at once': 4 }
const ANGLES = 7
const POINTS = 40

/**
 * Packets/s that older clients send to the server, each durable before it is answered and judged by a model, against the same
 * work, seeing and judging the same packets, in a loop with nothing around it.
 */
export default async function packets() {
  const server = await startBenchServer({ AJAR_LEGACY_OPEN: '1' })
  try {
    const port = Number(new URL(server.http).port)
    const teacher = new PacketSender(port, '127.0.0.1')
    await train(teacher, POINTS)
    teacher.close()
    const bare = await bareLoop()
    console.log(`${BOARDS} boards, ${ROUNDS} x ${SECONDS} s each, alternating with the bare loop, medians`)
    for (const [name, window] of Object.entries(ORDERS)) {
      const [reports, alone, judged, processor]: [BoardsReport[], number[], number[], number[]] = [[], [], [], []]
      for (let round = 0; round < ROUNDS; round++) {
        const before = processorSeconds(server.process.pid)
        const started = performance.now()
        const report = await boards({ port, boards: BOARDS, window, seconds: SECONDS })
        await drained(server.api)
        judged.push(report.kept / ((performance.now() - started) / 1000))
        processor.push((processorSeconds(server.process.pid) - before) / report.kept)
        reports.push(report)
        alone.push(bare())
      }
      const rate = median(reports.map(({ kept, seconds }) => kept / seconds))
      const late = (share: number) => median(reports.map(({ latencies }) => percentile(latencies, share))).toFixed(1)
      const refused = reports.reduce((all, one) => all + one.refused, 0)
      console.log(`each board ${name}:`)
      console.log(
        `  ajar       ${rate.toFixed(0)} durable packets/s, answered p50 ${late(0.5)} ms, p99 ${late(0.99)} ms`,
      )
      console.log(
        `             ${median(judged).toFixed(0)} judged packets/s until the last has its result, ${(median(processor) * 1000).toFixed(2)} ms of processor time each; ${refused} refused`,
      )
      console.log(`  bare loop  ${median(alone).toFixed(0)} packets/s on one core`)
      console.log(`  ratio      ${(median(judged) / median(alone)).toFixed(4)}`)
    }
    console.log(`${await metric(server.api, 'ajar_frames_recorded_total')} packets have ended`)
  } finally {
    await server.close()
  }
}

/** @returns a loop that tells how many packets/s it sees and judges */
async function bareLoop(): Promise<() => number> {
  const view = csiView()
  const packets = Array.from({ length: ANGLES * POINTS }, (_, i) => Float32Array.from(packetAt(i % ANGLES)))
  const samples: Sample[] = packets.map((packet, i) => ({
    frame: `legacy/csi/${i}`,
    capturedAtMs: i * 1000,
    state: String(15 * (i % ANGLES)),
    features: [embedVector([packet], view)],
  }))
  const states = Array.from({ length: ANGLES }, (_, i) => String(15 * i))
  const { predict } = openHead(await trainHead(samples, { states, view }))
  return () => {
    const started = performance.now()
    let done = 0
    for (; performance.now() < started + SECONDS * 1000; done++)
      predict(embedVector([packets[done % packets.length] as Float32Array], view), { spread: Number.POSITIVE_INFINITY })
    return done / ((performance.now() - started) / 1000)
  }
}

function boards(order: BoardsOrder): Promise<BoardsReport> {
  const child = fork(new URL('./packet-boards.ts', import.meta.url), { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as BoardsReport))
    child.once('exit', (code) => reject(new Error(`the boards ended with ${code}`)))
    child.send(order)
  })
}
