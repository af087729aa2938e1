import { type Status, topics } from '@ajar/protocol'
import { connect, type MqttClient } from 'mqtt'
import type { Clock } from '../clock.ts'
import { AgentError, reasonOf } from '../failure.ts'

const KEEPALIVE_S = 60
const CONNECT_TIMEOUT_MS = 20_000
const END_TIMEOUT_MS = 2000

export interface ConnectionParts {
  server: string
  device: string
  token: string
  clock: Clock
  /** How long a PUBACK may take before the connection counts as broken, milliseconds. */
  pubackTimeoutMs: number
  onMessage: (topic: string, payload: Uint8Array) => void
}

/**
 * One MQTT 3.1.1 connection, from CONNECT to close; it never reconnects. mqtt.js would keep unacknowledged packets in
 * memory and send them on its next connection; here a new connection is a new object and the outbox knows what to send.
 */
export class Connection {
  readonly #client: MqttClient
  readonly #clock: Clock
  readonly #pubackTimeoutMs: number
  readonly #closed = new AbortController()
  #pubackMissing = false

  private constructor(client: MqttClient, { clock, pubackTimeoutMs }: ConnectionParts) {
    this.#client = client
    this.#clock = clock
    this.#pubackTimeoutMs = pubackTimeoutMs
    client.on('close', () => this.#closed.abort())
  }

  /**
   * Connects, with the last will that says `offline`. Rejects with an AgentError: `bad_credentials` (caller) where the
   * server refuses device or token, `refused` where it refuses otherwise, `unreachable` (environment) for all else.
   */
  static async open(parts: ConnectionParts): Promise<Connection> {
    const offline: Status = { state: 'offline' }
    const client = connect(parts.server, {
      protocolVersion: 4,
      clientId: parts.device,
      username: parts.device,
      password: parts.token,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      will: { topic: topics.status(parts.device), payload: Buffer.from(JSON.stringify(offline)), qos: 1, retain: true },
    })
    client.on('message', (topic, payload) => parts.onMessage(topic, payload))
    const connection = new Connection(client, parts)
    let failure: Error | null = null
    // An error after CONNACK always comes with a close, which is what the publisher watches.
    client.on('error', (error) => {
      failure ??= error
    })
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('close', () => reject(whyNot(failure, parts)))
    })
    return connection
  }

  /** Aborts when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Whether it ended because a PUBACK did not come in time, and not because the server or the network closed it. */
  get pubackMissing(): boolean {
    return this.#pubackMissing
  }

  /** Publishes with QoS 1. Resolves at the PUBACK; rejects when the connection closes first, and closes it on time-out. */
  publish(topic: string, payload: Uint8Array | string, { retain = false, dup = false } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = new AbortController()
      const gone = () => {
        settled.abort()
        reject(
          new AgentError('connection_closed', 'environment', `the connection closed before ${topic} was acknowledged`),
        )
      }
      if (this.closed.aborted) return gone()
      this.closed.addEventListener('abort', gone, { signal: settled.signal })
      this.#clock.sleep(this.#pubackTimeoutMs, settled.signal).then(() => {
        if (settled.signal.aborted) return
        this.#pubackMissing = true
        this.#client.end(true)
      })
      this.#client.publish(topic, toBuffer(payload), { qos: 1, retain, dup }, (error) => {
        if (error) return gone()
        settled.abort()
        resolve()
      })
    })
  }

  /** Subscribes with QoS 1; resolves to the topics the server refused. */
  async subscribe(wanted: string[]): Promise<string[]> {
    try {
      const granted = await this.#client.subscribeAsync(wanted, { qos: 1 })
      return wanted.filter((topic) => granted.find((grant) => grant.topic === topic)?.qos === 128)
    } catch {
      // mqtt.js rejects the whole call where one topic was refused, and when the connection closes.
      return wanted
    }
  }

  /** Says goodbye (no last will then) and closes. Resolves when closed, at the latest after 2 s. */
  async end(): Promise<void> {
    if (this.closed.aborted) return
    const gone = new Promise<void>((resolve) => this.closed.addEventListener('abort', () => resolve(), { once: true }))
    const late = new AbortController()
    // With packets unacknowledged mqtt.js would wait for them for ever.
    this.#client.end(false)
    await Promise.race([gone, this.#clock.sleep(END_TIMEOUT_MS, late.signal)])
    late.abort()
    if (!this.closed.aborted) this.#client.stream.destroy()
    await gone
  }
}

function toBuffer(payload: Uint8Array | string): Buffer | string {
  return typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
}

/** CONNACK return codes, MQTT 3.1.1 table 3.1. */
const BAD_USER_NAME_OR_PASSWORD = 4
const NOT_AUTHORIZED = 5

function whyNot(failure: (Error & { code?: unknown }) | null, { server, device }: ConnectionParts): AgentError {
  const code = failure?.code
  if (code === BAD_USER_NAME_OR_PASSWORD || code === NOT_AUTHORIZED) {
    const advice = 'check device and token, or ask the operator for a new credential'
    return new AgentError('bad_credentials', 'caller', `${server} refuses device ${device}: ${advice}`, failure)
  }
  const reason = failure ? reasonOf(failure) || String(code) : 'it closed the connection before answering'
  if (typeof code === 'number') {
    return new AgentError('refused', 'caller', `${server} refuses device ${device}: ${reason}`, failure)
  }
  const advice = 'check that it runs and that the address is right'
  return new AgentError('unreachable', 'environment', `${server} cannot be reached (${reason}): ${advice}`, failure)
}
