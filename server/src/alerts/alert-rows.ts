import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { StateTables } from '../database/schema.ts'
import type { AlertRow } from '../database/schema-alerts.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { shownAlert } from './alert-body.ts'
import type { WebhookMessage, Webhooks } from './webhook/webhooks.ts'

/** What became of an alert; of `pending`, `kept` and `dropped` nobody is told. */
export interface Change {
  to: 'pending' | 'kept' | 'dropped' | 'fired' | 'acknowledged' | 'unacknowledged' | 'resolved'
  /** As it is from then on. */
  alert: AlertRow
}

export interface AlertRowsPorts {
  database: StateDatabase
  events: Events
  webhooks: Pick<Webhooks, 'enqueue' | 'wake'>
  /** What stands before the paths of links; empty: nothing. */
  publicUrl: string
  /** Tells by MQTT and in the log of changes that are committed, in their order. */
  onChanged(changes: Change[]): void
  /** By which time old alerts go, milliseconds UTC. */
  believed(): number
}

export interface AlertQuery {
  state: 'standing' | 'resolved' | 'all'
  subject?: string | undefined
  rule?: string | undefined
  /** Of its firing, or of its beginning where it has not fired. */
  from?: number | undefined
  to?: number | undefined
  /** Those that are older than the one with this id. */
  before?: number | undefined
  limit: number
}

const KEPT_MS = 90 * 86_400_000
const MOST_KEPT = 100_000
const PRUNED_AT_ONCE = 1000

const MESSAGES: Partial<Record<Change['to'], WebhookMessage['type']>> = {
  fired: 'alert.firing',
  acknowledged: 'alert.acknowledged',
  resolved: 'alert.resolved',
}

/** The rows of alerts. */
export class AlertRows {
  readonly #ports: AlertRowsPorts

  constructor(ports: AlertRowsPorts) {
    this.#ports = ports
  }

  standing(): Promise<AlertRow[]> {
    return this.#ports.database.read.selectFrom('alerts').selectAll().where('resolved_at', 'is', null).execute()
  }

  find(id: number): Promise<AlertRow | undefined> {
    return this.#ports.database.read.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** The newest first. */
  list({ state, subject, rule, from, to, before, limit }: AlertQuery): Promise<AlertRow[]> {
    const at = sql<number>`coalesce(fired_at, since)`
    // Few stand: in the order of ids SQLite would look for them among all that ended.
    const order = state === 'standing' ? sql`+id` : sql`id`
    return this.#ports.database.read
      .selectFrom('alerts')
      .selectAll()
      .$if(state === 'standing', (query) => query.where('resolved_at', 'is', null).where('state', '=', 'firing'))
      .$if(state === 'resolved', (query) => query.where('resolved_at', 'is not', null))
      .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
      .$if(rule !== undefined, (query) => query.where('rule', '=', rule ?? ''))
      .$if(from !== undefined, (query) => query.where(at, '>=', from ?? 0))
      .$if(to !== undefined, (query) => query.where(at, '<', to ?? 0))
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
      .orderBy(order, 'desc')
      .limit(limit)
      .execute()
  }

  /**
   * Writes changes with their events and messages, all or nothing.
   * @returns them with the ids of their rows, and what tells of them; call it once they are known here
   */
  async write(changes: Change[]): Promise<{ committed: Change[]; tell: () => void }> {
    const { database, events, webhooks, publicUrl, onChanged } = this.#ports
    const { committed, rows } = await database.write.transaction().execute(async (transaction) => {
      const written = await put(transaction, changes)
      const told = written.filter(isTold)
      for (const { to, alert } of told) {
        const type = MESSAGES[to]
        if (type) await webhooks.enqueue(transaction, alert.rule, { type, data: linked(alert, publicUrl) })
      }
      const data = told.map(({ alert }) => ({ kind: 'alert' as const, data: shownAlert(alert) }))
      return { committed: written, rows: await events.append(transaction, data) }
    })
    return {
      committed,
      tell() {
        const told = committed.filter(isTold)
        if (told.length === 0) return
        events.publish(rows)
        webhooks.wake()
        onChanged(told)
      },
    }
  }

  /** Keeps what counts of the time until now. */
  async note(pending: AlertRow[], now: number) {
    if (pending.length === 0) return
    const courses = pending.map(({ id, since, unseen_ms, unseen_since }) => [id, since, unseen_ms, unseen_since])
    await sql`
      update alerts set looked_at = ${now}, since = said.value ->> 1, unseen_ms = said.value ->> 2,
                        unseen_since = said.value ->> 3
        from json_each(${JSON.stringify(courses)}) as said where alerts.id = said.value ->> 0`.execute(
      this.#ports.database.write,
    )
  }

  /** Lets go what ended long ago. */
  async prune() {
    const { database, believed } = this.#ports
    const ended = database.write.selectFrom('alerts').select('id').where('resolved_at', 'is not', null)
    const old = ended
      .where('resolved_at', '<', believed() - KEPT_MS)
      .orderBy('resolved_at')
      .limit(PRUNED_AT_ONCE)
    const many = ended.orderBy('resolved_at', 'desc').limit(PRUNED_AT_ONCE).offset(MOST_KEPT)
    for (const query of [old, many]) {
      for (;;) {
        const gone = await database.write.deleteFrom('alerts').where('id', 'in', query).executeTakeFirst()
        if (Number(gone.numDeletedRows) < PRUNED_AT_ONCE) break
      }
    }
  }
}

/** An alert as a receiver of webhooks has it. */
function linked(alert: AlertRow, publicUrl: string): object {
  const path = alert.subject.includes('/') ? `/camera/${alert.subject}` : '/alerts'
  return { ...shownAlert(alert), link: publicUrl + path }
}

function isTold({ to }: Change): boolean {
  return to !== 'pending' && to !== 'kept' && to !== 'dropped'
}

/** A statement for all rows of a sort: each costs a switch to the thread that writes. @returns the alerts with their ids */
async function put(transaction: Kysely<StateTables>, changes: Change[]): Promise<Change[]> {
  const [gone, stay] = [changes.filter(isDropped), changes.filter((change) => !isDropped(change))]
  const known = stay.filter(({ alert }) => alert.id !== 0).map(({ alert }) => alert)
  const fresh = stay.filter(({ alert }) => alert.id === 0).map(({ alert: { id, ...columns } }) => columns)
  if (gone.length > 0) {
    const ids = gone.map(({ alert }) => alert.id)
    await transaction.deleteFrom('alerts').where('id', 'in', ids).execute()
  }
  if (known.length > 0) await transaction.replaceInto('alerts').values(known).execute()
  const inserted =
    fresh.length === 0 ? [] : await transaction.insertInto('alerts').values(fresh).returningAll().execute()
  const ids = new Map(inserted.map(({ rule, subject, id }) => [`${rule} ${subject}`, id]))
  return changes.map(({ to, alert }) => ({
    to,
    alert: alert.id === 0 ? { ...alert, id: ids.get(`${alert.rule} ${alert.subject}`) ?? 0 } : alert,
  }))
}

function isDropped({ to }: Change): boolean {
  return to === 'dropped'
}
