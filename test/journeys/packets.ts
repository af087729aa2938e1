import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '@ajar/local'
import { csiData, PacketSender, packetAt } from '../setup/packet-senders.ts'

export interface PacketsOrder {
  senders: number
  /** Packets a second of each. */
  rate: number
  seconds: number
}

export interface PacketsReport {
  sent: number
  /** Answers other than `Success`, by their text; what they are of was sent again. */
  refused: Record<string, number>
  /** Milliseconds from the packet to `Success`. */
  p50: number
  p99: number
  most: number
  /** Packets a second that came in. */
  perSecond: number
  /** What was promised and not kept; in words. */
  broken: string[]
}

const ANGLES = 7

/**
 * Boards of the older back end, each at an address of its own, send packets to a server as it is started, each of another
 * door; then it is counted what became of every packet, and each board asks what is said of its own.
 */
export async function packets({ senders: count, rate, seconds }: PacketsOrder): Promise<PacketsReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ajar-packets-'))
  const ports = { AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0' }
  const server = await startServer({
    environment: { AJAR_DATA_DIR: dataDir, ...ports, AJAR_LEGACY_OPEN: '1', AJAR_LOG_LEVEL: 'error' },
    onLine: console.error,
  })
  const senders = Array.from(
    { length: count },
    (_, i) => new PacketSender(Number(new URL(server.http).port), `127.0.0.${2 + i}`),
  )
  try {
    await train(senders[0] as PacketSender)
    const outcomes = await Promise.all(senders.map((sender, i) => play(sender, i % ANGLES, { rate, seconds })))
    await untilEnded(dataDir, sum(outcomes.map(({ kept }) => kept)))
    const broken = [...results(dataDir, senders, outcomes)]
    for (const [i, sender] of senders.entries()) {
      const { PREDICTION: said } = (await sender.results()) ?? {}
      if (said?.[0] !== 15 * (i % ANGLES)) broken.push(`${sender.address} at ${15 * (i % ANGLES)} was told ${said}`)
    }
    const latencies = outcomes.flatMap((one) => one.latencies).sort((a, b) => a - b)
    const share = (of: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * of))] ?? Number.NaN
    const refused: Record<string, number> = {}
    for (const text of outcomes.flatMap((one) => one.refused)) refused[text] = (refused[text] ?? 0) + 1
    return {
      sent: latencies.length,
      refused,
      ...{ p50: share(0.5), p99: share(0.99), most: share(1) },
      perSecond: sum(outcomes.map(({ kept }) => kept)) / Math.max(...outcomes.map(({ tookMs }) => tookMs / 1000)),
      broken,
    }
  } finally {
    for (const sender of senders) sender.close()
    server.process.kill('SIGKILL')
    await server.process.ended
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** So long not one packet comes to its end before it is given up. */
const PATIENCE_MS = 60_000

/** Has the model trained as an older client does. */
export async function train(sender: PacketSender, points = 40) {
  const { text } = await sender.call('POST', '/training/post/train', JSON.stringify(csiData(points)))
  if (text !== 'Success') throw new Error(`no training: ${text}`)
  for (;;) {
    const { text: status } = await sender.call('GET', '/training/get/training_status')
    if (status === 'FINISHED_TRAINING') return
    if (status === 'TRAINING_FAILED') throw new Error((await sender.call('GET', '/debug/get/training_failure')).text)
    await sleep(100)
  }
}

/** Sends at its rate, whether it is answered or not. */
async function play(sender: PacketSender, angle: number, { rate, seconds }: Omit<PacketsOrder, 'senders'>) {
  const latencies: number[] = []
  const refused: string[] = []
  const started = performance.now()
  const answers: Promise<void>[] = []
  for (let i = 0; i < rate * seconds; i++) {
    const wait = started + (1000 * i) / rate - performance.now()
    if (wait > 0) await sleep(wait)
    const at = performance.now()
    answers.push(
      untilKept(sender, packetAt(angle), refused).then(() => {
        latencies.push(performance.now() - at)
      }),
    )
  }
  await Promise.all(answers)
  return { latencies, refused, kept: latencies.length, tookMs: performance.now() - started }
}

/** Sends again what is refused for want of time or room, as `Retry-After` asks for. */
async function untilKept(sender: PacketSender, packet: number[], refused: string[]) {
  for (;;) {
    const { status, text, headers } = await sender.send(packet)
    if (text === 'Success') return
    refused.push(text)
    if (status !== 503) throw new Error(text)
    await sleep(1000 * Number(headers['retry-after']))
  }
}

/** However slow the machine is: as long as packets come to their end. */
async function untilEnded(dataDir: string, packets: number) {
  const database = open(dataDir)
  const count = database.prepare("select count(*) as ended from frames where camera like 'legacy/csi-%'")
  let [ended, giveUpAt] = [-1, 0]
  while (ended < packets) {
    const now = Number(count.get()?.ended)
    if (now > ended) giveUpAt = performance.now() + PATIENCE_MS
    else if (performance.now() > giveUpAt) break
    ended = now
    await sleep(100)
  }
  database.close()
}

/** What became of the packets of each sender that were called a success. */
function* results(dataDir: string, senders: PacketSender[], outcomes: { kept: number }[]): Iterable<string> {
  const database = open(dataDir)
  const ofSender = database.prepare(
    'select count(distinct captured_at) as judged, sum(best = ?) as right from results where camera = ? and model is not null',
  )
  for (const [i, { sensor, address }] of senders.entries()) {
    const kept = outcomes[i]?.kept ?? 0
    const { judged, right } = ofSender.get(String(15 * (i % ANGLES)), sensor) ?? {}
    if (judged !== kept) yield `${address}: ${kept} packets were kept and ${judged} have a result`
    if (right !== kept) yield `${address}: ${right} of ${kept} results are of its own door`
  }
  database.close()
}

function open(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, 'state.db'), { readOnly: true })
}

function sum(values: number[]): number {
  return values.reduce((all, one) => all + one, 0)
}
