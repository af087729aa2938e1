import { Agent, request } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import type { Undo } from './temporary-folder.ts'

/** A client of the older back end at an address of its own: all of 127/8 is this machine. */
export class PacketSender {
  readonly address: string
  readonly #port: number
  readonly #agent: Agent

  constructor(port: number, address: string, undo: Undo) {
    this.#port = port
    this.address = address
    this.#agent = new Agent({ keepAlive: true, localAddress: address })
    undo(async () => this.#agent.destroy())
  }

  /** The sensor that it is. */
  get sensor(): string {
    return `legacy/csi-${this.address.replaceAll('.', '-')}`
  }

  /** Sends a packet as boards do. */
  send(packet: readonly number[]) {
    return this.post(JSON.stringify({ payload: JSON.stringify(packet) }))
  }

  post(body: string) {
    return this.call('POST', '/ml/post/inference', body)
  }

  /** What it is told of its newest packet; null where that is nothing yet. */
  async results() {
    const { text } = await this.call('GET', '/ml/get/inference_results')
    return text === 'DATA NOT AVAILABLE' ? null : JSON.parse(text)
  }

  call(method: string, path: string, body?: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number
      text: string
      headers: Record<string, unknown>
    }>()
    const call = request({ host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path }, async (answer) =>
      resolve({ status: answer.statusCode ?? 0, text: await readText(answer), headers: answer.headers }),
    )
    call.once('error', reject).end(body)
    return promise
  }
}

/** A packet of 53 amplitudes, then 53 phases, that is like others of the same seed. */
export function packetLike(seed: number, noise = 0): number[] {
  const amplitudes = Array.from({ length: 53 }, (_, i) => 10 + 5 * Math.sin(seed + i / 7) + noise * wave(i + seed))
  const phases = Array.from({ length: 53 }, (_, i) => Math.cos(seed * 2 + i / 5) + noise * wave(i * 3 + seed))
  return [...amplitudes, ...phases]
}

function wave(at: number): number {
  return Math.sin(at * 12.9898) - Math.cos(at * 78.233)
}
