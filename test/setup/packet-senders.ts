import { Agent, request } from 'node:http'
import { text as readText } from 'node:stream/consumers'

/** Boards have one; of more than the server has room for it closes some. */
const FEW_SOCKETS = 8

/** A client of the older back end at an address of its own: all of 127/8 is this machine. */
export class PacketSender {
  readonly address: string
  readonly #port: number
  readonly #agent: Agent

  constructor(port: number, address: string, sockets = FEW_SOCKETS) {
    this.#port = port
    this.address = address
    this.#agent = new Agent({ keepAlive: true, localAddress: address, maxSockets: sockets })
  }

  close() {
    this.#agent.destroy()
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

/** A packet of 53 amplitudes, then 53 phases, at one of seven angles of a door; no two of them are alike. */
export function packetAt(angle: number): number[] {
  const noise = () => (Math.random() - 0.5) / 2
  const amplitudes = Array.from({ length: 53 }, (_, i) => 10 + 5 * Math.sin(angle + i / 7) + noise())
  const phases = Array.from({ length: 53 }, (_, i) => 2 * Math.sin(angle * 2 + i / 5) + noise())
  return [...amplitudes, ...phases]
}

/** What `/training/post/train` takes: points of each angle, 0, 15 ... 90 degrees unless there are fewer. */
export function csiData(points: number, angles = 7): { TYPE: 'CSI'; DATA: number[][][][] } {
  const packets = Array.from({ length: angles }, (_, angle) => Array.from({ length: points }, () => packetAt(angle)))
  const part = (from: number) =>
    packets.map((ofAngle) => Array.from({ length: 53 }, (_, i) => ofAngle.map((packet) => packet[from + i] as number)))
  return { TYPE: 'CSI', DATA: [part(53), part(0)] }
}
