import { type Status, topics } from '@ajar/protocol'
import type { Clock } from '../clock.ts'
import { AgentError, reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { Wakeup } from '../wakeup.ts'
import { Backoff, type BackoffLimits } from './backoff.ts'
import { Connection } from './connection.ts'
import { Delivery } from './delivery.ts'
import { Patience } from './patience.ts'
import { StatusPace } from './status-pace.ts'
import { Suspicion } from './suspicion.ts'

/** How long a server that is slow to answer keeps the agent from ending. */
const GOODBYE_MS = 2000

export interface PublishTiming {
  /** What any answer of the server may take, milliseconds; on a slow line, that for a large frame may take longer. */
  answerTimeoutMs: number
  backoff: BackoffLimits
}

export interface PublisherParts {
  device: string
  token: string
  server: string
  ca?: string
  statusIntervalMs: number
  outbox: Outbox
  /** At most so much of a backlog is sent a second; undefined where only the link sets the pace. */
  drainBytesPerSecond: number | undefined
  clock: Clock
  log: Log
  timing: PublishTiming
  /** What `ajar/{device}/status` shall say now. */
  status: () => Promise<Status>
  /** What to do with a message of a topic subscribed to; its answer, where it has one, is published retained. */
  topics: Record<string, (payload: Uint8Array) => Promise<{ topic: string; payload: string } | null>>
  onState: (state: 'connected' | 'disconnected') => void
  /** Told once of each fault of the configuration that keeps the agent from connecting. */
  onFault: (fault: { code: string; text: string }) => void
}

/**
 * Keeps one connection to the server and empties the outbox through it:
 * connect, say `online`, subscribe, deliver frames until the connection ends, wait, again.
 */
export class Publisher {
  readonly #parts: PublisherParts
  readonly #backoff: Backoff
  readonly #suspicion: Suspicion
  readonly #patience: Patience
  readonly #stopping = new AbortController()
  readonly #news = new Wakeup()
  /** Whether something happened that the status sent last does not tell. */
  #hasNews = false
  #connectFault: string | null = null
  /** Whether a warning said that there is no connection: then people are told when there is one again. */
  #saidGone = false
  #running: Promise<void> = Promise.resolve()

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#backoff = new Backoff(parts.timing.backoff)
    this.#suspicion = new Suspicion(parts)
    this.#patience = new Patience(parts.timing.answerTimeoutMs)
  }

  /** What an operator has to put right, in words, or null. */
  get fault(): string | null {
    return this.#connectFault ?? this.#suspicion.fault
  }

  start(): void {
    this.#running = this.#run()
  }

  /** The status tells something new: it is sent before its time, about a second after the one before (`status-pace.ts`). */
  reportSoon(): void {
    this.#hasNews = true
    this.#news.ring()
  }

  /** Waits for the frames in flight (at most 5 s), says `offline` and disconnects. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      const connectedAt = clock.monotonic()
      const acknowledged = await this.#connectAndDeliver()
      if (this.#stopping.signal.aborted) return
      this.#backoff.ended(clock.monotonic() - connectedAt, acknowledged)
      const waitMs = Math.round(this.#backoff.wait())
      log.info(`connecting again in ${(waitMs / 1000).toFixed(1)} s`)
      await clock.sleep(waitMs, this.#stopping.signal)
    }
  }

  /** One connection from start to end; whether a frame was acknowledged on it. */
  async #connectAndDeliver(): Promise<boolean> {
    const { log, onState, outbox, clock } = this.#parts
    const connection = await this.#connect()
    if (!connection) return false
    onState('connected')
    const delivery = new Delivery({
      ...this.#parts,
      connection,
      suspicion: this.#suspicion,
      stopping: this.#stopping.signal,
    })
    try {
      await this.#unlessStopping(connection, this.#greet(connection))
      if (this.#saidGone) log.info(`connected again, ${outbox.items} frames and readings waited`)
      this.#saidGone = false
      await outbox.tend()
      outbox.unpark(clock.monotonic())
      const reporting = this.#report(connection)
      await delivery.run()
      if (this.#stopping.signal.aborted) await this.#sayOffline(connection)
      await connection.end()
      await reporting
    } catch (error) {
      // A close is said below; anything else is a mistake of ours and must be seen.
      if (!connection.closed.aborted) log.warn(`the connection failed: ${reasonOf(error)}`)
      connection.cut()
    }
    if (!this.#stopping.signal.aborted) {
      this.#saidGone = true
      log.warn(connection.answerMissing ? 'the server did not answer in time' : 'the connection to the server closed')
    }
    onState('disconnected')
    return delivery.acknowledged > 0
  }

  async #connect(): Promise<Connection | null> {
    const { log, topics: handlers } = this.#parts
    try {
      const connection = await Connection.open({
        ...this.#parts,
        patience: this.#patience,
        giveUp: this.#stopping.signal,
        onMessage: (topic, payload) => {
          const handler = handlers[topic]
          if (handler) this.#answer(connection, handler, payload)
        },
      })
      this.#connectFault = null
      return connection
    } catch (error) {
      if (this.#stopping.signal.aborted) return null
      this.#saidGone = true
      log.warn(reasonOf(error))
      this.#heed(error)
      return null
    }
  }

  /** What the configuration is to blame for lasts until somebody puts it right; frames wait in the outbox. */
  #heed(error: unknown): void {
    const isFault = error instanceof AgentError && error.fault === 'caller'
    const fault = isFault ? `${error.code}: ${error.message}` : null
    if (isFault && fault !== this.#connectFault) this.#parts.onFault({ code: error.code, text: error.message })
    this.#connectFault = fault
  }

  /** Status first, and acknowledged, so that a server that refuses even this is not blamed on a frame. */
  async #greet(connection: Connection): Promise<void> {
    await this.#sendStatus(connection)
    const refused = await connection.subscribe(Object.keys(this.#parts.topics))
    if (connection.closed.aborted) {
      throw new AgentError('connection_closed', 'environment', 'the connection closed while subscribing')
    }
    if (refused.length > 0) {
      this.#parts.log.warn(`the server refuses ${refused.join(', ')}: settings cannot be changed from there`)
    }
  }

  /** Status every interval, or when there is news, past the outbox: it tells of now or nothing. */
  async #report(connection: Connection): Promise<void> {
    const { clock, statusIntervalMs, outbox } = this.#parts
    const pace = new StatusPace(clock)
    const over = AbortSignal.any([connection.closed, this.#stopping.signal])
    for (;;) {
      const least = Math.min(pace.gapMs, statusIntervalMs)
      await clock.sleep(least, over)
      if (!this.#hasNews) await this.#news.waitFor(statusIntervalMs - least, { clock, signal: over })
      if (over.aborted) return
      pace.told(this.#hasNews)
      await outbox.tend()
      outbox.unpark(clock.monotonic())
      // Its failure is the connection's end, which `delivery` sees as well.
      await this.#sendStatus(connection).catch(() => {})
    }
  }

  async #sendStatus(connection: Connection): Promise<void> {
    this.#hasNews = false // before it is put together: what happens meanwhile may not stand in it
    const status = await this.#parts.status()
    await connection.publish(topics.status(this.#parts.device), JSON.stringify(status), { retain: true })
  }

  async #sayOffline(connection: Connection): Promise<void> {
    const offline: Status = { state: 'offline' }
    const said = connection.publish(topics.status(this.#parts.device), JSON.stringify(offline), { retain: true })
    const enough = new AbortController()
    await Promise.race([said.catch(() => {}), this.#parts.clock.sleep(GOODBYE_MS, enough.signal)])
    enough.abort()
  }

  /** Waits for `work`; where the agent stops meanwhile, the connection is cut, and the work on it fails. */
  async #unlessStopping(connection: Connection, work: Promise<void>): Promise<void> {
    const cut = () => connection.cut()
    if (this.#stopping.signal.aborted) cut()
    this.#stopping.signal.addEventListener('abort', cut, { once: true })
    await work.finally(() => this.#stopping.signal.removeEventListener('abort', cut))
  }

  async #answer(connection: Connection, handler: PublisherParts['topics'][string], payload: Uint8Array): Promise<void> {
    try {
      const answer = await handler(payload)
      if (answer) await connection.publish(answer.topic, answer.payload, { retain: true })
    } catch (error) {
      this.#parts.log.warn(`a message of the server could not be answered: ${reasonOf(error)}`)
    }
  }
}
