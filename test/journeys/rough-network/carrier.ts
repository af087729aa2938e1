import { execFileSync } from 'node:child_process'
import { randomFrom } from '../chance.ts'
import { Tun } from './tun.ts'

/**
 * The process that carries packets between two network namespaces, as badly as it is told: what `tc netem` does in the
 * kernel, also where the kernel was built without. Every IP packet is lost by chance or comes late, so TCP has all the work
 * it has on such a line. It makes the namespaces and takes them away, also where its parent was killed.
 */

/** How the line is. Both directions are alike. */
export interface Line {
  /** Share of the packets that is lost, 0 to 1. */
  loss: number
  delayMs: number
  /** Nothing comes through. */
  cut: boolean
}

/** One end of the line. */
export interface End {
  namespace: string
  /** An IPv4 address; both ends are in one network of 256. */
  address: string
}

export type Order =
  | { setUp: [near: End, far: End]; seed: number }
  | { line: Partial<Line> }
  /** Cuts the line once so many more bytes came from the near end. */
  | { cutAfterBytes: number }

/** What the interface is called inside a namespace. */
export const DEVICE = 'line'
/** As netem's `limit`: more packets than this are not under way. */
const UNDER_WAY_MAX = 1000

const line: Line = { loss: 0, delayMs: 0, cut: false }
const namespaces: string[] = []
let random = randomFrom(1)
let underWay = 0
let bytesUntilCut = Number.POSITIVE_INFINITY

function openEnd({ namespace, address }: End): Tun {
  ip('netns', 'add', namespace)
  namespaces.push(namespace)
  const name = `tun${process.pid}`
  const tun = new Tun(name)
  ip('link', 'set', name, 'netns', namespace, 'name', DEVICE)
  const inside = (...args: string[]) => ip('-n', namespace, ...args)
  inside('link', 'set', 'lo', 'up')
  inside('address', 'add', `${address}/24`, 'dev', DEVICE)
  inside('link', 'set', DEVICE, 'up')
  // Allowed everywhere, and it takes every loss for a crowd, as a Pi's own does; the host's may take loss lightly.
  ip('netns', 'exec', namespace, 'sh', '-c', 'echo reno > /proc/sys/net/ipv4/tcp_congestion_control')
  return tun
}

function setUp([nearEnd, farEnd]: [End, End], seed: number) {
  random = randomFrom(seed)
  const near = openEnd(nearEnd)
  const far = openEnd(farEnd)
  near.onPacket((packet) => {
    bytesUntilCut -= packet.length
    if (bytesUntilCut < 0) {
      line.cut = true
      bytesUntilCut = Number.POSITIVE_INFINITY
      process.send?.({ cut: true })
    }
    carry(packet, far)
  })
  far.onPacket((packet) => carry(packet, near))
}

function carry(packet: Buffer, to: Tun) {
  if (line.cut || underWay >= UNDER_WAY_MAX || random() < line.loss) return
  underWay++
  setTimeout(() => {
    underWay--
    if (!line.cut) to.send(packet)
  }, line.delayMs)
}

function ip(...args: string[]) {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function takeDown() {
  for (const namespace of namespaces) {
    try {
      ip('netns', 'delete', namespace)
    } catch {}
  }
  // Threads wait for packets: an orderly exit would wait for them.
  process.kill(process.pid, 'SIGKILL')
}

process.on('message', (order: Order) => {
  try {
    if ('setUp' in order) setUp(order.setUp, order.seed)
    else if ('line' in order) Object.assign(line, order.line)
    else bytesUntilCut = order.cutAfterBytes
    process.send?.({ done: true })
  } catch (error) {
    process.send?.({ failed: (error as Error).message })
  }
})
process.once('disconnect', takeDown)
