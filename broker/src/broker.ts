import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { parseTopic } from '@ajar/protocol'
import { Aedes, type Client } from 'aedes'
import { refuseSubscribe } from './access.ts'
import { Admission } from './admission.ts'
import { Connection } from './connection.ts'
import { Connections } from './connections.ts'
import {
  type Address,
  BrokerError,
  type BrokerLimits,
  type BrokerPorts,
  type BrokerStats,
  type ConnectionInfo,
  DEFAULT_LIMITS,
  type OpenSocket,
  type Transport,
} from './contract.ts'
import { withDeadline } from './deadline.ts'
import { Delivery } from './delivery.ts'
import { IngestBudget } from './ingest-budget.ts'
import { Intake } from './intake.ts'
import { PacketStream } from './packet-stream.ts'
import { Report } from './report.ts'
import { RetainedTopics } from './retained-topics.ts'
import { type Listener, listenTcp } from './tcp.ts'

/** Topic, packet id and header of a frame's packet. */
const TOPIC_BYTES = 1024
const CLOSE_AEDES_MS = 1_000

/** A message of the server. */
export interface Message {
  topic: string
  payload: string | Uint8Array
}

/** Puts the parts together; nothing happens before the first call. `limits` replaces single values of DEFAULT_LIMITS. */
export function createBroker(ports: BrokerPorts, limits: Partial<BrokerLimits> = {}): Broker {
  return new Broker(ports, { ...DEFAULT_LIMITS, ...limits })
}

/** The embedded MQTT broker: aedes, with what it needs around it. */
export class Broker {
  readonly #limits: BrokerLimits
  readonly #report: Report
  readonly #connections: Connections
  readonly #budget: IngestBudget
  readonly #retained: RetainedTopics
  readonly #retainedAlerts: RetainedTopics
  readonly #admission: Admission
  readonly #intake: Intake
  readonly #delivery: Delivery
  readonly #aedes: Aedes
  readonly #byStream = new WeakMap<object, Connection>()
  readonly #listeners: Listener[] = []
  #started: Promise<void> | null = null
  #closed: Promise<void> | null = null
  #closing = false
  #opened = 0

  constructor(ports: BrokerPorts, limits: BrokerLimits) {
    this.#limits = limits
    this.#report = new Report(ports.onEvent)
    this.#connections = new Connections(limits, this.#report, ports.onPresence)
    this.#budget = new IngestBudget(limits.ingestBytes)
    this.#retained = new RetainedTopics(limits.maxRetainedPerDevice)
    this.#retainedAlerts = new RetainedTopics(limits.maxRetainedAlerts)
    this.#admission = new Admission(ports.authenticate, limits, this.#connections, this.#report)
    this.#intake = new Intake(ports, limits, this.#budget, this.#retained, this.#report)
    this.#delivery = new Delivery(limits, this.#report)
    this.#aedes = this.#createAedes()
  }

  /**
   * Listens for MQTT over TCP, or over TLS where `secureContext` says with which certificate a new connection is served. Port 0
   * takes any free port. Throws BrokerError, see `listenTcp`.
   */
  async listen(at: Address | OpenSocket, secureContext: (() => SecureContext) | null = null): Promise<Address> {
    await this.#start()
    const listener = await listenTcp(
      at,
      (socket) => {
        const address = `${socket.remoteAddress}:${socket.remotePort}`
        if (secureContext === null) return this.accept(socket, address, 'tcp')
        // Accepted before the handshake: one that does not end counts, and is closed, as any connection without credential.
        this.accept(new TLSSocket(socket, { isServer: true, secureContext: secureContext() }), address, 'tls')
      },
      (error) => this.#report.event(null, 'broker_fault', `a connection could not be accepted: ${error.message}`),
    )
    this.#listeners.push(listener)
    return listener.address
  }

  /** Serves one client over any stream of bytes, such as a WebSocket's. Call only after `restoreRetained` or `listen`. */
  accept(source: Duplex, address: string, transport: Transport): void {
    if (this.#closing) {
      source.on('error', () => {})
      source.destroy()
      return
    }
    const stream = new PacketStream(source, {
      budget: this.#budget,
      preConnectBytes: this.#limits.preConnectBytes,
      // Above the bytes at which Delivery acts: aedes must not hold up a publisher for a subscriber that does not read.
      highWaterBytes: 4 * this.#limits.maxUnsentBytes,
      halfPacketMs: this.#limits.halfPacketMs,
      onFault: (code, text) => this.#report.ending(connection, code, text),
    })
    this.#opened += 1
    const connection = new Connection(this.#opened, address, transport, stream)
    this.#connections.open(connection)
    this.#byStream.set(stream, connection)
    stream.once('close', () => this.#connections.remove(connection))
    const client = this.#aedes.handle(stream)
    // aedes drops a message whose number is lower than the last one delivered (its issues 955 and 994), which a QoS 0 behind
    // a QoS 1 is; Delivery keeps a window of numbers instead.
    Object.assign(client, { duplicates: this.#noDuplicates() })
  }

  /** Publishes a message of the server with QoS 1. Resolves when it is retained and handed to all subscribers' sockets. */
  async publish(topic: string, payload: string | Uint8Array, options: { retain: boolean }): Promise<void> {
    await this.#start()
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : asBuffer(payload)
    const retain = options.retain && this.#mayRetain(topic, bytes.length)
    await new Promise<void>((resolve, reject) => {
      this.#aedes.publish({ cmd: 'publish', topic, payload: bytes, qos: 1, retain, dup: false }, (error) => {
        if (error)
          reject(new BrokerError('publish_failed', 'us', `${topic} was not published: ${error.message}`, error))
        else resolve()
      })
    })
  }

  /** Retains messages again after a start, before the first `listen`. */
  async restoreRetained(messages: Iterable<Message>): Promise<void> {
    await this.#start()
    for (const { topic, payload } of messages) await this.publish(topic, payload, { retain: true })
  }

  /** Closes all connections of a device or an operator's token: its credential was revoked. Resolves when they are closed. */
  async disconnect(name: string): Promise<void> {
    await this.#connections.disconnect(name)
  }

  connections(): ConnectionInfo[] {
    return this.#connections.list()
  }

  stats(): BrokerStats {
    const { counts } = this.#report
    return {
      connections: this.#connections.size,
      pausedConnections: this.#budget.waiting,
      publishesInIngest: this.#budget.publishes,
      bytesInIngest: this.#budget.bytes,
      retainedTopics: this.#retained.size + this.#retainedAlerts.size,
      framesTotal: counts.frames,
      readingsTotal: counts.readings,
      refusedConnectionsTotal: counts.refusedConnections,
      refusedPublishesTotal: counts.refusedPublishes,
      takeOversTotal: counts.takeOvers,
      droppedMessagesTotal: counts.droppedMessages,
    }
  }

  /** Accepts and reads nothing more, lets what is in ingest be stored and acknowledged (at most `closeMs`), then closes. */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    this.#closing = true
    const listenersClosed = Promise.all(this.#listeners.map((listener) => listener.close()))
    for (const { stream } of this.#connections) stream.drain()
    await withDeadline(this.#finishIngest(), this.#limits.closeMs, null)
    for (const { stream } of this.#connections) stream.destroy()
    await listenersClosed
    if (this.#started === null) return
    await withDeadline(new Promise<void>((resolve) => this.#aedes.close(resolve)), CLOSE_AEDES_MS, null)
  }

  #start(): Promise<void> {
    this.#started ??= this.#aedes.listen()
    return this.#started
  }

  async #finishIngest(): Promise<void> {
    await this.#budget.idle()
    // aedes writes the PUBACK after the promise of the last publish, the stream to the socket after that.
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([...this.#connections].map(({ stream }) => stream.sent()))
  }

  #createAedes(): Aedes {
    const aedes = new Aedes({
      // Unlimited: with a limit, one subscriber that does not read stalls every topic.
      concurrency: 0,
      drainTimeout: 10_000,
      connectTimeout: this.#limits.connectMs,
      // Each holds a payload until its PUBREL.
      maxInflightInbound: 20,
      // Ids are judged in Admission; what aedes sees is an id of ours, longer than MQTT 3.1 allows.
      maxClientsIdLength: 64,
      preConnect: (client, packet, done) => {
        this.#admission.greet(this.#connection(client), packet)
        done(null, true)
      },
      authenticate: (client, username, password, done) => {
        this.#admission.authenticate(this.#connection(client), username, password).then(
          () => done(null, true),
          (error) => done(error, null),
        )
      },
      authorizePublish: (client, packet, done) => {
        if (client === null) return done(new BrokerError('no_client', 'us', 'only clients publish through this'))
        if (client.closed && !this.#speaksForTheDead(client)) return done(new Error('the will is not needed'))
        this.#intake.receive(this.#connection(client), packet).then(() => done(null), done)
      },
      authorizeSubscribe: (client, subscription, done) => {
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null)
      },
      authorizeForward: (client, packet) => (this.#delivery.admits(this.#connection(client), packet) ? packet : null),
    })
    aedes.on('clientReady', (client) => this.#admit(this.#connection(client)))
    aedes.on('clientError', (client, error) => this.#reportError(client, error))
    aedes.on('connectionError', (client, error) => this.#reportError(client, error))
    // Its types leave this event out; without a listener it would end the process.
    const emitter: EventEmitter = aedes
    emitter.on('error', (error: Error) => this.#report.event(null, 'broker_fault', error.message))
    return aedes
  }

  #connection(client: Client): Connection {
    const connection = this.#byStream.get(client.conn)
    if (!connection)
      throw new BrokerError('unknown_connection', 'us', 'aedes serves a stream that was not accepted here')
    return connection
  }

  #admit({ stream, keepaliveSeconds }: Connection): void {
    const keepaliveMs = keepaliveSeconds > 0 ? keepaliveSeconds * 1000 : null
    const pauseMs = keepaliveMs === null ? this.#limits.pauseMs : keepaliveMs / 3
    const silenceMs = keepaliveMs === null ? null : keepaliveMs * 1.5 // MQTT 3.1.1, section 3.1.2.10
    stream.admit(this.#limits.maxFrameBytes + TOPIC_BYTES, pauseMs, silenceMs)
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const connection = this.#connection(client)
    const refusal =
      connection.identity === null ? 'not admitted' : this.#subscriptionRefusal(client, connection.identity, filter)
    if (refusal === null) return true
    this.#report.event(connection, 'refused_subscribe', `${filter}: ${refusal}`)
    return false
  }

  #subscriptionRefusal(client: Client, identity: NonNullable<Connection['identity']>, filter: string): string | null {
    const { subscriptions } = client as Client & { subscriptions: Record<string, unknown> }
    if (Object.keys(subscriptions).length >= this.#limits.maxSubscriptionsPerConnection) {
      return `more than ${this.#limits.maxSubscriptionsPerConnection} subscriptions of one connection`
    }
    return refuseSubscribe(identity, filter)
  }

  /** A last will counts only when no other connection of the device is open and the broker itself is not going. */
  #speaksForTheDead(client: Client): boolean {
    return !this.#closing && !this.#connections.hasOther(this.#connection(client))
  }

  #mayRetain(topic: string, payloadBytes: number): boolean {
    const parsed = parseTopic(topic)
    if (parsed === null) return true
    // Alerts are the server's, and more than a device's share where many rules look at it.
    const isAlert = parsed.rule.kind === 'alert'
    const isTaken = isAlert
      ? this.#retainedAlerts.take('', topic, payloadBytes)
      : this.#retained.take(parsed.device, topic, payloadBytes)
    if (isTaken) return true
    const { maxRetainedAlerts, maxRetainedPerDevice } = this.#limits
    const full = isAlert ? `alerts have ${maxRetainedAlerts}` : `${parsed.device} has ${maxRetainedPerDevice}`
    const text = `${full} retained topics; ${topic} is not retained`
    this.#report.event(null, 'retained_limit', text)
    return false
  }

  #reportError(client: Client, error: Error): void {
    const { code } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_SSL')) {
      const advice = 'does the client speak plain MQTT, or not trust the certificate?'
      this.#report.ending(this.#connection(client), 'tls_failed', `${error.message.trim()}: ${advice}`)
      return
    }
    const broken = code !== undefined && !(error instanceof BrokerError)
    this.#report.ending(this.#connection(client), broken ? 'connection_lost' : 'protocol_error', error.message)
  }

  #noDuplicates(): object {
    return Object.create(null, { [this.#aedes.id]: { get: () => 0, set: () => {} } })
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
