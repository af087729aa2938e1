import { PacketSender, packetAt } from '../setup/packet-senders.ts'

/** A process of boards that send packets one after the other, told what to do by a message. */

export interface BoardsOrder {
  port: number
  boards: number
  /** In flight of each board: one, unless it is more eager than those that there are. */
  window: number
  seconds: number
}

export interface BoardsReport {
  kept: number
  refused: number
  seconds: number
  /** Milliseconds from a packet to its answer, sorted. */
  latencies: number[]
}

/** Of each board: what is sent is not made meanwhile. */
const BODIES = 64

process.once('message', async (order: BoardsOrder) => {
  const report = await sendAll(order)
  process.send?.(report, () => process.exit(0))
})

async function sendAll({ port, boards, window, seconds: wanted }: BoardsOrder): Promise<BoardsReport> {
  const senders = Array.from({ length: boards }, (_, i) => new PacketSender(port, `127.0.0.${2 + i}`))
  const bodies = Array.from({ length: BODIES }, (_, i) => JSON.stringify({ payload: JSON.stringify(packetAt(i % 7)) }))
  const latencies: number[] = []
  let refused = 0
  const started = performance.now()
  const until = started + wanted * 1000
  const send = async (sender: PacketSender, first: number) => {
    for (let i = first; performance.now() < until; i++) {
      const at = performance.now()
      const { status } = await sender.post(bodies[i % BODIES] as string)
      if (status === 200) latencies.push(performance.now() - at)
      else refused += 1
    }
  }
  await Promise.all(senders.flatMap((sender) => Array.from({ length: window }, (_, i) => send(sender, i))))
  const seconds = (performance.now() - started) / 1000
  for (const sender of senders) sender.close()
  return { kept: latencies.length, refused, seconds, latencies: latencies.sort((a, b) => a - b) }
}
