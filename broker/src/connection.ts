import type { Identity, Transport } from './contract.ts'
import type { PacketStream } from './packet-stream.ts'

/** Messages remembered per connection, to deliver one once that matches several of its subscriptions. */
const WINDOW = 64

/** What the broker knows of one connection; the parts that use a field keep it. */
export class Connection {
  /** Names the connection inside aedes; never used twice, so that aedes never meets two of one name. */
  readonly id: string
  readonly address: string
  readonly transport: Transport
  readonly stream: PacketStream
  readonly openedAtMs = Date.now()
  /** Null until the credential was accepted. */
  identity: Identity | null = null
  /** As the client gave it, or made for it where it gave none. */
  clientId: string | null = null
  keepaliveSeconds = 0
  willTopic: string | null = null
  /** When this client id was taken over in the last minute, milliseconds UTC. */
  takeOvers: number[] = []
  /** A credential was revoked while this one's was being looked up. */
  recheck = false
  /** Why the connection ends was reported already. */
  reported = false
  /** Since when more is unsent to it than `maxUnsentBytes`, milliseconds UTC, or null. */
  slowSinceMs: number | null = null
  readonly #delivered = new Set<number>()

  constructor(number: number, address: string, transport: Transport, stream: PacketStream) {
    this.id = `connection-${number}`
    this.address = address
    this.transport = transport
    this.stream = stream
  }

  get device(): string | null {
    return this.identity?.kind === 'device' ? this.identity.name : null
  }

  /** True the first time a message is seen, by the number aedes gave it. */
  firstDelivery(message: number): boolean {
    if (this.#delivered.has(message)) return false
    this.#delivered.add(message)
    if (this.#delivered.size > WINDOW) this.#delivered.delete(this.#delivered.values().next().value as number)
    return true
  }
}
