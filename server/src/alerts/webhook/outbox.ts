import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Webhook } from './sign.ts'

/** More wait for no rule; the oldest go first. */
const MOST_WAITING = 1000

/** The oldest message of a rule: what is sent next. */
export interface Head {
  id: number
  rule: string
  message: string
  created_at: number
  attempts: number
  next_at: number
}

/** How the deliveries of a rule go. Times are milliseconds UTC. */
export interface Delivery {
  waiting: number
  /** Never delivered: too many waited, or nobody took them for three days. */
  dropped: number
  lastError: string | null
  lastErrorAt: number | null
  lastDeliveredAt: number | null
  /** When the oldest that waits is sent, or tried again; null where none waits. */
  nextAt: number | null
}

type Write = Kysely<StateTables>

/** The rows of what is on its way to webhooks, and of how it went. */
export class WebhookOutbox {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /**
   * Adds a message to a rule that has a webhook.
   * @param onItsWay the id of the rule's message that is being sent, which stays
   * @returns how many were dropped to make room, or null where nothing was added
   */
  async add(
    transaction: Write,
    row: { rule: string; message: string; body_json: string; created_at: number },
    onItsWay: number | null,
  ): Promise<number | null> {
    if ((await this.webhookOf(row.rule, transaction)) === null) return null
    await transaction
      .insertInto('webhook_outbox')
      .values({ ...row, attempts: 0, next_at: row.created_at, last_error: null })
      .execute()
    const { waiting } = await transaction
      .selectFrom('webhook_outbox')
      .select(({ fn }) => fn.countAll<number>().as('waiting'))
      .where('rule', '=', row.rule)
      .executeTakeFirstOrThrow()
    if (waiting <= MOST_WAITING) return 0
    const oldest = transaction
      .selectFrom('webhook_outbox')
      .select('id')
      .where('rule', '=', row.rule)
      .where('id', '<>', onItsWay ?? 0)
      .orderBy('id')
      .limit(waiting - MOST_WAITING)
    const { numDeletedRows } = await transaction
      .deleteFrom('webhook_outbox')
      .where('id', 'in', oldest)
      .executeTakeFirstOrThrow()
    const dropped = Number(numDeletedRows)
    await note(transaction, row.rule, { dropped })
    return dropped
  }

  /** The next message of each rule that has one and may send it. */
  heads(): Promise<Head[]> {
    return this.#database.read
      .selectFrom('alert_rules')
      .innerJoin('webhook_outbox', (join) =>
        join.on('webhook_outbox.id', '=', ({ selectFrom }) =>
          selectFrom('webhook_outbox as first')
            .select(({ fn }) => fn.min('first.id').as('id'))
            .whereRef('first.rule', '=', 'alert_rules.id'),
        ),
      )
      .where('alert_rules.webhook_json', 'is not', null)
      .select(['webhook_outbox.id', 'webhook_outbox.rule', 'message', 'webhook_outbox.created_at', 'attempts'])
      .select('next_at')
      .orderBy('next_at')
      .execute()
  }

  /** What is sent and where to, as both are now; null where either is gone. */
  async contents({ id, rule }: Head): Promise<{ webhook: Webhook; body: string } | null> {
    const webhook = await this.webhookOf(rule)
    const row = await this.#database.read
      .selectFrom('webhook_outbox')
      .select('body_json')
      .where('id', '=', id)
      .executeTakeFirst()
    return webhook && row ? { webhook, body: row.body_json } : null
  }

  async webhookOf(rule: string, database: Write = this.#database.read): Promise<Webhook | null> {
    const row = await database
      .selectFrom('alert_rules')
      .select('webhook_json')
      .where('id', '=', rule)
      .executeTakeFirst()
    return row?.webhook_json ? (JSON.parse(row.webhook_json) as Webhook) : null
  }

  /** It was taken. */
  delivered({ id, rule }: Head, at: number): Promise<void> {
    return this.#database.write.transaction().execute(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('webhook_outbox')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      // What was forgotten meanwhile leaves nothing behind.
      if (numDeletedRows > 0n) await note(transaction, rule, { last_delivered_at: at })
    })
  }

  /** It was not taken, and is tried again at `nextAt`, or with null never. */
  failed({ id, rule }: Head, why: string, at: number, nextAt: number | null): Promise<void> {
    return this.#database.write.transaction().execute(async (transaction) => {
      const { rows } =
        nextAt === null
          ? await sql`delete from webhook_outbox where id = ${id} returning id`.execute(transaction)
          : await sql`update webhook_outbox set attempts = attempts + 1, next_at = ${nextAt}, last_error = ${why}
              where id = ${id} returning id`.execute(transaction)
      if (rows.length === 0) return
      await note(transaction, rule, { last_error: why, last_error_at: at, dropped: nextAt === null ? 1 : 0 })
    })
  }

  async hurry(rule: string, now: number, transaction: Write = this.#database.write): Promise<void> {
    await transaction
      .updateTable('webhook_outbox')
      .set({ attempts: 0, next_at: now })
      .where('rule', '=', rule)
      .where('attempts', '>', 0)
      .execute()
  }

  async forget(rule: string, transaction: Write = this.#database.write): Promise<void> {
    await transaction.deleteFrom('webhook_outbox').where('rule', '=', rule).execute()
    await transaction.deleteFrom('webhook_deliveries').where('rule', '=', rule).execute()
  }

  /** Takes away what belongs to rules that are gone or have no webhook any more. */
  async sweep(): Promise<void> {
    for (const table of ['webhook_outbox', 'webhook_deliveries'] as const)
      await sql`delete from ${sql.table(table)} where rule not in
        (select id from alert_rules where webhook_json is not null)`.execute(this.#database.write)
  }

  /** Of every rule that has a webhook, or of one of them. */
  async deliveries(rule?: string): Promise<Map<string, Delivery>> {
    const rows = await this.#database.read
      .selectFrom('alert_rules as r')
      .leftJoin('webhook_deliveries as d', 'd.rule', 'r.id')
      .where('r.webhook_json', 'is not', null)
      .$if(rule !== undefined, (query) => query.where('r.id', '=', rule ?? ''))
      .select(['r.id', 'd.dropped', 'd.last_error', 'd.last_error_at', 'd.last_delivered_at'])
      .select(({ selectFrom }) =>
        selectFrom('webhook_outbox as o')
          .select(({ fn }) => fn.countAll<number>().as('waiting'))
          .whereRef('o.rule', '=', 'r.id')
          .as('waiting'),
      )
      .select(({ selectFrom }) =>
        selectFrom('webhook_outbox as o')
          .select('o.next_at')
          .whereRef('o.rule', '=', 'r.id')
          .orderBy('o.id')
          .limit(1)
          .as('next_at'),
      )
      .execute()
    return new Map(
      rows.map((row) => [
        row.id,
        {
          waiting: row.waiting ?? 0,
          dropped: row.dropped ?? 0,
          lastError: row.last_error,
          lastErrorAt: row.last_error_at,
          lastDeliveredAt: row.last_delivered_at,
          nextAt: row.next_at,
        },
      ]),
    )
  }

  async waiting(): Promise<number> {
    const row = await this.#database.read
      .selectFrom('webhook_outbox')
      .select(({ fn }) => fn.countAll<number>().as('waiting'))
      .executeTakeFirstOrThrow()
    return row.waiting
  }
}

/** What a rule's deliveries came to, beside what is known of them. */
async function note(
  transaction: Write,
  rule: string,
  {
    dropped = 0,
    ...last
  }: { dropped?: number; last_error?: string; last_error_at?: number; last_delivered_at?: number },
) {
  await transaction
    .insertInto('webhook_deliveries')
    .values({ rule, dropped, ...last })
    .onConflict((clash) =>
      clash.column('rule').doUpdateSet({ ...last, dropped: sql<number>`webhook_deliveries.dropped + ${dropped}` }),
    )
    .execute()
}
