import type { BlockList } from 'node:net'
import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Log } from '../../logging/levels.ts'

/** What a receiver is told; its body is `{type, timestamp, data}`. */
export interface WebhookMessage {
  type: 'alert.firing' | 'alert.resolved' | 'alert.acknowledged' | 'alert.test'
  /** The alert, and `link`: the path of the console's page that shows it. */
  data: object
}

/** How the deliveries of a rule go. Times are milliseconds UTC. */
export interface Delivery {
  waiting: number
  /** Never delivered: too many waited, or nobody took them for three days. */
  dropped: number
  lastError: string | null
  lastErrorAt: number | null
  lastDeliveredAt: number | null
}

/** What the receiver of a message said. */
export interface Answered {
  /** Null: it did not answer. */
  status: number | null
  /** For people. */
  text: string
}

/** All addresses of a name; rejects where there are none. */
export type Lookup = (host: string) => Promise<{ address: string; family: 4 | 6 }[]>

export interface WebhookPorts {
  database: StateDatabase
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC. */
  now(): number
  /** 0..1, for the jitter. */
  random(): number
  /** `AJAR_WEBHOOK_ALLOW`. */
  allow: BlockList
  /** Told how many messages came to this end. */
  onOutcome?(outcome: 'delivered' | 'failed' | 'dropped', messages: number): void
  lookup?: Lookup
}

/** Sends what rules found to their webhooks, each message at least once, in the order of its rule. */
export class Webhooks {
  readonly #ports: WebhookPorts

  constructor(ports: WebhookPorts) {
    this.#ports = ports
  }

  /** Puts a message into the outbox, inside the caller's transaction; nothing where the rule has no webhook. */
  async enqueue(transaction: Kysely<StateTables>, rule: string, message: WebhookMessage): Promise<void> {
    void [transaction, rule, message, this.#ports]
  }

  async start(): Promise<void> {}

  /** Looks for what is to be sent now. Call it once a transaction with `enqueue` is committed. */
  wake(): void {}

  /** Messages on their way are sent again after the next start. */
  async close(): Promise<void> {}

  /** Of one rule; null where it has no webhook. */
  async statusOf(rule: string): Promise<Delivery | null> {
    void rule
    return null
  }

  /** Of every rule that has a webhook, by rule. */
  async statuses(): Promise<Map<string, Delivery>> {
    return new Map()
  }

  /** How many messages wait, of all rules. */
  async waiting(): Promise<number> {
    return 0
  }

  /** Tries again now, where the address or the secret has changed. */
  async tryAgain(rule: string, transaction?: Kysely<StateTables>): Promise<void> {
    void [rule, transaction]
  }

  /** Takes the messages of a rule and its deliveries away, as where it or its webhook is deleted. */
  async forget(rule: string, transaction?: Kysely<StateTables>): Promise<void> {
    void [rule, transaction]
  }

  /**
   * Sends a message past the outbox, once.
   * @throws HttpError 409 `no_webhook`, 503 `busy` where several are on their way already
   */
  async deliverNow(rule: string, message: WebhookMessage): Promise<Answered> {
    void [rule, message]
    return { status: null, text: '' }
  }
}
