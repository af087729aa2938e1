import { randomBytes } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { untilWritten } from '../../database/until-written.ts'
import { withDeadline } from '../../deadline.ts'
import { conflict, HttpError } from '../../http/errors.ts'
import { InTurn } from '../../in-turn.ts'
import { boundedLookup, type Lookup } from './addresses.ts'
import { type Delivery, type Head, WebhookOutbox } from './outbox.ts'
import { type Sender, sender } from './send.ts'
import { answerInWords, isTaken, MOST_WAIT_MS, waitAfter } from './verdict.ts'

export type { Delivery } from './outbox.ts'

const MOST_IN_FLIGHT = 8
const MOST_TESTS = 2
const MOST_TESTS_WAITING = 8
const GIVE_UP_MS = 3 * 86_400_000
/** An hour and a half of them: a clock that jumps, or a server that was off, makes no message old. */
const LEAST_ATTEMPTS = 20
/** A look costs little, and a clock that was set shows in it. */
const MOST_SLEEP_MS = 30_000
const RETRY_MS = 1000
const CLOSE_MS = 2000

/** What a receiver is told; its body is `{type, timestamp, data}`. */
export interface WebhookMessage {
  type: 'alert.firing' | 'alert.resolved' | 'alert.acknowledged' | 'alert.test'
  /** The alert, and `link`: the console's page that shows it, a path where nobody said where people reach that. */
  data: object
}

/** What the receiver of a message said. */
export interface Answered {
  /** Null: it did not answer. */
  status: number | null
  /** For people. */
  text: string
}

export interface WebhookPorts {
  database: StateDatabase
  log: Record<'info' | 'warn', (fields: object, text: string) => void>
  /** Milliseconds UTC. */
  now(): number
  /** 0..1, for the jitter. */
  random(): number
  /** `AJAR_WEBHOOK_ALLOW`. */
  allow: BlockList
  /** Told how many messages came to this end, or how many attempts failed. */
  onOutcome?(outcome: 'delivered' | 'failed' | 'dropped', messages: number): void
  lookup?: Lookup
  /** For the whole of a request, ms. */
  limitMs?: number
}

/**
 * Sends what rules found to their webhooks, each message at least once and under one id, in the order of its rule: it leaves
 * the outbox only after its receiver took it.
 */
export class Webhooks {
  readonly #ports: WebhookPorts
  readonly #outbox: WebhookOutbox
  readonly #send: Sender
  readonly #tests = new InTurn(MOST_TESTS, MOST_TESTS_WAITING, busy)
  /** By rule. */
  readonly #inFlight = new Map<string, { head: Head; ended: Promise<void> }>()
  /** Rules of which it is said already that their messages are not taken, or dropped. */
  readonly #troubled = new Set<string>()
  readonly #dropping = new Set<string>()
  readonly #stop = new AbortController()
  #running = false
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void> | null = null
  #lookAgain = false

  constructor(ports: WebhookPorts) {
    this.#ports = ports
    this.#outbox = new WebhookOutbox(ports.database)
    const { allow, now, limitMs = 10_000, lookup = boundedLookup() } = ports
    this.#send = sender({ allow, now, limitMs, lookup, signal: this.#stop.signal })
  }

  /** Puts a message into the outbox, inside the caller's transaction; nothing where the rule has no webhook. */
  async enqueue(transaction: Kysely<StateTables>, rule: string, message: WebhookMessage): Promise<void> {
    const now = this.#ports.now()
    const row = { rule, message: newId(), body_json: bodyOf(message, now), created_at: now }
    const dropped = await this.#outbox.add(transaction, row, this.#inFlight.get(rule)?.head.id ?? null)
    if (dropped) this.#tellDropped(rule, dropped, 'too many messages wait for a webhook; the oldest are dropped')
  }

  async start(): Promise<void> {
    await this.#outbox.sweep()
    this.#running = true
    this.wake()
  }

  /** Looks for what is to be sent now. Call it once a transaction with `enqueue` is committed. */
  wake(): void {
    if (!this.#running) return
    this.#lookAgain = true
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
      if (this.#lookAgain) this.wake()
    })
  }

  /** Messages on their way are sent again after the next start. */
  async close(): Promise<void> {
    this.#running = false
    if (this.#timer) clearTimeout(this.#timer)
    await this.#looking
    this.#stop.abort(new Error('the server stops'))
    const ended = Promise.all([...this.#inFlight.values()].map((one) => one.ended))
    // A disk that refuses holds their rows up; they stay in the outbox then.
    await withDeadline(ended, CLOSE_MS, () => new Error('still on their way')).catch(() => {})
  }

  /** Of one rule; null where it has no webhook. */
  async statusOf(rule: string): Promise<Delivery | null> {
    return (await this.#outbox.deliveries(rule)).get(rule) ?? null
  }

  /** Of every rule that has a webhook, by rule. */
  statuses(): Promise<Map<string, Delivery>> {
    return this.#outbox.deliveries()
  }

  /** How many messages wait, of all rules. */
  waiting(): Promise<number> {
    return this.#outbox.waiting()
  }

  /** Has messages that wait tried again now, where the address or the secret has changed. Wake it after a transaction. */
  async tryAgain(rule: string, transaction?: Kysely<StateTables>): Promise<void> {
    await this.#outbox.hurry(rule, this.#ports.now(), transaction)
    if (!transaction) this.wake()
  }

  /**
   * Tries now what waits for a receiver, as where it is there again.
   * @returns how its deliveries go once the first was tried
   * @throws HttpError 409 `no_webhook`
   */
  async retry(rule: string): Promise<Delivery> {
    await this.tryAgain(rule)
    while (this.#looking) await this.#looking
    await this.#inFlight.get(rule)?.ended
    const status = await this.statusOf(rule)
    if (!status) throw noWebhook()
    return status
  }

  /** Takes the messages of a rule and its deliveries away, as where it or its webhook is deleted. */
  async forget(rule: string, transaction?: Kysely<StateTables>): Promise<void> {
    await this.#outbox.forget(rule, transaction)
    this.#troubled.delete(rule)
    this.#dropping.delete(rule)
  }

  /**
   * Sends a message past the outbox, once.
   * @throws HttpError 409 `no_webhook`, 503 `busy` where several are on their way already
   */
  async deliverNow(rule: string, message: WebhookMessage): Promise<Answered> {
    const webhook = await this.#outbox.webhookOf(rule)
    if (!webhook) throw noWebhook()
    const body = bodyOf(message, this.#ports.now())
    try {
      const answer = await this.#tests.run(() => this.#send(webhook, newId(), body))
      return { status: answer.status, text: answerInWords(answer) }
    } catch (error) {
      if (error instanceof HttpError) throw error
      return { status: null, text: (error as Error).message }
    }
  }

  /** Begins what is due, as far as there is room, and sleeps until the next is. */
  async #look() {
    this.#lookAgain = false
    if (this.#timer) clearTimeout(this.#timer)
    let sleepMs = MOST_SLEEP_MS
    try {
      // Of a rule that is on its way now, the row that is read may be gone when it is judged.
      const busy = new Set(this.#inFlight.keys())
      const heads = (await this.#outbox.heads()).filter(({ rule }) => !busy.has(rule))
      const now = this.#ports.now()
      for (const head of heads) {
        const early = head.next_at - now
        // What lies further ahead than anything is put off was reckoned by a clock that has been set back.
        if (early > 0 && early <= MOST_WAIT_MS) sleepMs = Math.min(sleepMs, early)
        else if (this.#running && this.#inFlight.size < MOST_IN_FLIGHT) this.#begin(head)
      }
    } catch (error) {
      if (this.#running) this.#ports.log.warn({ err: error }, 'the outbox of webhooks cannot be read; trying again')
      sleepMs = RETRY_MS
    }
    if (this.#running) this.#timer = setTimeout(() => this.wake(), sleepMs)
  }

  #begin(head: Head) {
    const ended = this.#deliver(head)
      .catch((error) => this.#ports.log.warn({ err: error, rule: head.rule }, 'a webhook could not be served'))
      .finally(() => {
        this.#inFlight.delete(head.rule)
        this.wake()
      })
    this.#inFlight.set(head.rule, { head, ended })
  }

  async #deliver(head: Head) {
    const contents = await this.#outbox.contents(head)
    if (!contents) return
    const { now, onOutcome } = this.#ports
    let why: string
    let logged: string
    let retryAfter: string | null = null
    try {
      const answer = await this.#send(contents.webhook, head.message, contents.body)
      if (isTaken(answer)) {
        // Not sent again while the disk refuses to let go of it.
        await untilWritten(() => this.#outbox.delivered(head, now()))
        onOutcome?.('delivered', 1)
        return this.#tellTaken(head.rule)
      }
      why = answerInWords(answer)
      // It may repeat the address, which may be a secret; more people read the log than change rules.
      logged = answerInWords({ ...answer, reason: '', said: '' })
      retryAfter = answer.retryAfter
    } catch (error) {
      if (this.#stop.signal.aborted) return
      why = (error as Error).message
      logged = why
    }
    await this.#failed(head, { why, logged, retryAfter })
  }

  async #failed(head: Head, { why, logged, retryAfter }: { why: string; logged: string; retryAfter: string | null }) {
    const { now, random, onOutcome } = this.#ports
    const at = now()
    const attempts = head.attempts + 1
    const isOver = at - head.created_at > GIVE_UP_MS && attempts >= LEAST_ATTEMPTS
    const nextAt = isOver ? null : at + Math.round(waitAfter(attempts, retryAfter, random(), at))
    await untilWritten(() => this.#outbox.failed(head, why, at, nextAt))
    onOutcome?.('failed', 1)
    if (isOver) this.#tellDropped(head.rule, 1, 'a webhook took no messages for three days; they are dropped')
    if (this.#troubled.has(head.rule)) return
    this.#troubled.add(head.rule)
    this.#ports.log.warn({ rule: head.rule, why: logged }, 'a webhook takes no messages; they wait')
  }

  #tellTaken(rule: string) {
    this.#dropping.delete(rule)
    if (this.#troubled.delete(rule)) this.#ports.log.info({ rule }, 'a webhook takes messages again')
  }

  /** Each is counted; the log is told of the first until the receiver takes something again. */
  #tellDropped(rule: string, messages: number, text: string) {
    this.#ports.onOutcome?.('dropped', messages)
    if (this.#dropping.has(rule)) return
    this.#dropping.add(rule)
    this.#ports.log.warn({ rule, messages }, text)
  }
}

/** What names a message to its receiver, who may get it twice. */
function newId(): string {
  return `msg_${randomBytes(16).toString('base64url')}`
}

function bodyOf({ type, data }: WebhookMessage, at: number): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data })
}

function noWebhook(): HttpError {
  return conflict('no_webhook', 'this rule has no webhook: give it one')
}

function busy(): HttpError {
  return new HttpError(503, 'busy', 'other webhooks are being tested: try again in a minute')
}
