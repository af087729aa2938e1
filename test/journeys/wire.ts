import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { sha256 } from './pictures.ts'

const PUBLISH = 3
const PUBACK = 4

/** A PUBLISH as it went over the wire. */
export interface Sent {
  topic: string
  sha256: string
  packetId: number
  dup: boolean
}

/**
 * A TCP proxy between clients and the broker that reads along: a witness that is neither of the two. It can lose PUBACKs,
 * and where it leads to may change while it listens.
 */
export class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: number | null = null
  readonly #waiting = new Set<Socket>()
  /** PUBACKs do not get through. */
  losesPubacks = false
  /** Whole PUBLISH packets that clients sent, in order. */
  readonly sent: Sent[] = []
  /** Those among them whose PUBACK got through. */
  readonly acknowledged: Sent[] = []
  /** PUBACKs lost on purpose. */
  lostPubacks = 0

  constructor() {
    this.#server = createServer({ pauseOnConnect: true }, (client) => {
      client.on('error', () => {}) // a close follows
      if (this.#target !== null) return this.#carry(client, this.#target)
      this.#waiting.add(client)
      client.on('close', () => this.#waiting.delete(client))
    })
  }

  /** Listens on a free port of loopback. */
  async start(target: number | null = null): Promise<void> {
    this.target = target
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Port of the broker; while it is null, who connects waits. */
  set target(port: number | null) {
    this.#target = port
    if (port === null) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const client of waiting) this.#carry(client, port)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of [...this.#sockets, ...this.#waiting]) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #carry(client: Socket, target: number): void {
    const broker = connect(target, '127.0.0.1')
    const unacknowledged = new Map<number, Sent>()
    client.pipe(broker)
    let fromClient: Buffer = Buffer.alloc(0)
    let fromBroker: Buffer = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => {
      fromClient = Buffer.concat([fromClient, chunk])
      fromClient = takePackets(fromClient, (packet) => {
        const sent = packetType(packet) === PUBLISH ? readPublish(packet) : null
        if (!sent) return
        this.sent.push(sent)
        unacknowledged.set(sent.packetId, sent)
      })
    })
    broker.on('data', (chunk: Buffer) => {
      fromBroker = Buffer.concat([fromBroker, chunk])
      fromBroker = takePackets(fromBroker, (packet) => {
        if (packetType(packet) === PUBACK) {
          if (this.losesPubacks) {
            this.lostPubacks += 1
            return
          }
          const sent = unacknowledged.get(packet.readUInt16BE(2))
          if (sent) this.acknowledged.push(sent)
        }
        client.write(packet)
      })
    })
    this.#together(client, broker)
  }

  #together(client: Socket, broker: Socket): void {
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => {}) // a close follows
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}

function packetType(packet: Buffer): number {
  return (packet[0] ?? 0) >> 4
}

/** Hands over every whole packet; returns the bytes that are left. Remaining length: MQTT 3.1.1, section 2.2.3. */
function takePackets(bytes: Buffer, take: (packet: Buffer) => void): Buffer {
  for (;;) {
    const header = headerOf(bytes)
    const end = header && header.size + header.remaining
    if (end === null || bytes.length < end) return bytes
    take(bytes.subarray(0, end))
    bytes = bytes.subarray(end)
  }
}

/** Bytes of the fixed header, and of what follows it; null where it is not whole yet. */
function headerOf(bytes: Buffer): { size: number; remaining: number } | null {
  let remaining = 0
  for (let i = 1; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    remaining += (byte & 0x7f) * 128 ** (i - 1)
    if (byte < 0x80) return { size: i + 1, remaining }
  }
  return null
}

/** A PUBLISH of QoS 1 (MQTT 3.1.1, section 3.3), or null where it is of QoS 0. */
function readPublish(packet: Buffer): Sent | null {
  const first = packet[0] ?? 0
  if ((first & 6) === 0) return null
  const at = headerOf(packet)?.size ?? 0
  const payload = at + 2 + packet.readUInt16BE(at) + 2
  return {
    topic: packet.subarray(at + 2, payload - 2).toString(),
    packetId: packet.readUInt16BE(payload - 2),
    dup: (first & 8) !== 0,
    sha256: sha256(packet.subarray(payload)),
  }
}
