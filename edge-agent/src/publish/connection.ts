import { type Status, topics } from '@ajar/protocol'
import type { MqttClient } from 'mqtt'
import type { Clock } from '../clock.ts'
import { AgentError, reasonOf } from '../failure.ts'
import { Answers } from './answers.ts'
import type { Patience } from './patience.ts'
import { readTrust, whyDistrusted } from './trust.ts'

const KEEPALIVE_S = 60
/** At the third of these without an answer mqtt.js gives up. */
const PING_AGAIN_MS = (KEEPALIVE_S * 1000) / 2
const CONNECT_TIMEOUT_MS = 20_000
const END_TIMEOUT_MS = 2000

export interface ConnectionParts {
  server: string
  /** PEM file of whom to trust at mqtts:// and wss://; undefined: whom the system trusts. */
  ca?: string
  device: string
  token: string
  clock: Clock
  /** How long a PUBACK or SUBACK may take before the connection counts as broken. */
  patience: Patience
  onMessage: (topic: string, payload: Uint8Array) => void
  /** Aborts when nobody wants the connection any more; ends it only while it is being made. */
  giveUp: AbortSignal
}

/**
 * One MQTT 3.1.1 connection, from CONNECT to close; it never reconnects. mqtt.js would keep unacknowledged packets in
 * memory and send them on its next connection; here a new connection is a new object and the outbox knows what to send.
 */
export class Connection {
  readonly #client: MqttClient
  readonly #clock: Clock
  readonly #answers: Answers
  readonly #closed = new AbortController()
  #answerMissing = false

  private constructor(client: MqttClient, { clock, patience }: ConnectionParts) {
    this.#client = client
    this.#clock = clock
    this.#answers = new Answers(clock, patience, () => {
      this.#answerMissing = true
      this.cut()
    })
    client.on('close', () => {
      this.#closed.abort()
      this.#answers.close()
    })
  }

  /**
   * Connects, with the last will that says `offline`. Rejects with an AgentError: `bad_credentials` (caller) where the
   * server refuses device or token, `refused` where it refuses otherwise, `untrusted_server` (caller) where its certificate is
   * not one to trust, `bad_ca` (caller), `unreachable` (environment) for all else.
   */
  static async open(parts: ConnectionParts): Promise<Connection> {
    // Read anew for each connection: a renewed one counts without a restart.
    const trust = parts.ca === undefined ? {} : await readTrust(parts.ca)
    // Loaded here: the cameras need not wait for it.
    const { connect } = await import('mqtt')
    const offline: Status = { state: 'offline' }
    const client = connect(parts.server, {
      ...trust,
      wsOptions: trust,
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
    connection.#stayWhileAwaiting()
    let failure: Error | null = null
    // An error after CONNACK always comes with a close, which is what the publisher watches.
    client.on('error', (error) => {
      failure ??= error
    })
    const giveUp = () => client.end(true)
    parts.giveUp.addEventListener('abort', giveUp, { once: true })
    if (parts.giveUp.aborted) giveUp()
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('close', () => reject(whyNot(failure, parts)))
    }).finally(() => parts.giveUp.removeEventListener('abort', giveUp))
    return connection
  }

  /** Aborts when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Whether it ended because the server did not answer in time, and not because something closed it. */
  get answerMissing(): boolean {
    return this.#answerMissing
  }

  /** Publishes with QoS 1. Resolves at the PUBACK; rejects when the connection closes first, and closes it on time-out. */
  publish(topic: string, payload: Uint8Array | string, { retain = false, dup = false } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = new AbortController()
      const gone = () => {
        settled.abort()
        const message = `the connection closed before ${topic} was acknowledged`
        reject(new AgentError('connection_closed', 'environment', message))
      }
      if (this.closed.aborted) return gone()
      this.closed.addEventListener('abort', gone, { signal: settled.signal })
      const answered = this.#answers.expect(topic.length + payload.length)
      this.#client.publish(topic, toBuffer(payload), { qos: 1, retain, dup }, (error) => {
        if (error) {
          // Whatever mqtt.js did not like, it must not be tried again without a pause: a close makes one.
          this.cut()
          return gone()
        }
        answered()
        settled.abort()
        resolve()
      })
    })
  }

  /** Subscribes with QoS 1; resolves to the topics the server refused, and closes the connection on time-out. */
  async subscribe(wanted: string[]): Promise<string[]> {
    const answered = this.#answers.expect(wanted.join().length)
    try {
      const granted = await this.#client.subscribeAsync(wanted, { qos: 1 })
      return wanted.filter((topic) => granted.find((grant) => grant.topic === topic)?.qos === 128)
    } catch {
      // mqtt.js rejects the whole call where one topic was refused, and when the connection closes.
      return wanted
    } finally {
      answered()
    }
  }

  /** What mqtt.js takes for a dead connection may be a large frame on a slow line: while something is awaited, `Answers` judges. */
  async #stayWhileAwaiting(): Promise<void> {
    while (!this.closed.aborted) {
      await this.#clock.sleep(PING_AGAIN_MS, this.closed)
      if (this.closed.aborted || !this.#answers.waiting) continue
      this.#client.sendPing()
      this.#client.reschedulePing(true)
    }
  }

  /** Closes at once and without a goodbye, so the server publishes the last will. */
  cut(): void {
    this.#client.end(true)
  }

  /** Says goodbye (no last will then) and closes. Resolves when closed, at the latest after 2 s. */
  async end(): Promise<void> {
    if (this.closed.aborted) return
    const gone = new Promise<void>((resolve) => this.closed.addEventListener('abort', () => resolve(), { once: true }))
    const late = new AbortController()
    this.#client.end(false)
    await Promise.race([gone, this.#clock.sleep(END_TIMEOUT_MS, late.signal)])
    late.abort()
    // mqtt.js waits for ever where something is still unacknowledged, and ignores a second `end`.
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

/** The server's address for people: a login in it, which nobody needs there, is not for logs. */
export function shownAddress(server: string): string {
  return server.replace(/\/\/[^/]*@/, '//')
}

function whyNot(failure: (Error & { code?: unknown }) | null, { device, ...parts }: ConnectionParts): AgentError {
  const server = shownAddress(parts.server)
  const code = failure?.code
  if (code === BAD_USER_NAME_OR_PASSWORD || code === NOT_AUTHORIZED) {
    const advice = 'check device and token, or ask the operator for a new credential'
    return new AgentError('bad_credentials', 'caller', `${server} refuses device ${device}: ${advice}`, failure)
  }
  const reason = failure ? reasonOf(failure) || String(code) : 'it closed the connection before answering'
  if (typeof code === 'number') {
    return new AgentError('refused', 'caller', `${server} refuses device ${device}: ${reason}`, failure)
  }
  const distrust = whyDistrusted(code)
  if (distrust) {
    return new AgentError('untrusted_server', 'caller', `${server} is not trusted (${code}): ${distrust}`, failure)
  }
  const advice = probably(server, failure?.message ?? null) ?? 'check that it runs and that the address is right'
  return new AgentError('unreachable', 'environment', `${server} cannot be reached (${reason}): ${advice}`, failure)
}

const ITS_PORT = 'give the port of MQTT (1883 where nobody chose another)'

/** What is probably wrong with the address, by how the connection failed; null where nothing can be said. */
function probably(server: string, reason: string | null): string | null {
  if (/^(mqtts|wss):/.test(server)) {
    return reason?.includes('before secure TLS connection')
      ? 'probably it does not speak TLS there: give the port of MQTT over TLS (8883 where nobody chose another)'
      : null
  }
  if (!server.startsWith('mqtt:')) return null
  if (reason === null)
    return `probably it speaks TLS there (then write mqtts://), or something else than MQTT: ${ITS_PORT}`
  // mqtt.js takes the first byte for a packet's head: an alert of TLS is 0x15 (CONNECT), the H of HTTP 0x48 (PUBACK).
  if (/ for connect packet/.test(reason)) return 'probably it speaks TLS there: write mqtts://'
  if (/^Invalid header flag bits|^Cannot parse|^Invalid/.test(reason)) {
    return `probably it speaks HTTP there, and not MQTT: ${ITS_PORT}, or write ws:// and the path /mqtt`
  }
  return null
}
