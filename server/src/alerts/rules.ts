import { randomInt } from 'node:crypto'
import type { Severity } from '@ajar/protocol'
import type { AlertRuleRow } from '../database/schema-alerts.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'
import type { AlertKind } from './alert-kind.ts'
import { type CheckPorts, checkedParams, checkSubject, checkUrl, kindNamed } from './check-rule.ts'
import { kindOf } from './kinds.ts'
import type { NewRule, RuleChange } from './rule-body.ts'
import { makeSecret, type Webhook } from './webhook/sign.ts'
import type { Webhooks } from './webhook/webhooks.ts'

export interface RulesPorts extends CheckPorts {
  database: StateDatabase
  webhooks: Pick<Webhooks, 'forget' | 'tryAgain' | 'wake'>
  /** Milliseconds UTC. */
  now(): number
}

/** A rule as the engine looks with it. */
export interface AlertRule {
  id: string
  name: string
  /** Null where another release made it, and this one knows no such kind. */
  kind: AlertKind | null
  /** The camera `device/camera` or the device; null: each there is. */
  subject: string | null
  params: Record<string, unknown>
  forMs: number
  clearMs: number
  severity: Severity
  enabled: boolean
}

/** A rule that was written, and the secret of its webhook where this made it. */
export interface WrittenRule {
  row: AlertRuleRow
  secret: string | null
}

const MOST = 200
const ID_LENGTH = 10
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Every rule. They are few: all are held in memory. */
export class Rules {
  readonly #ports: RulesPorts
  readonly #rules = new Map<string, AlertRule>()
  /** A change is made of a rule as it is. */
  readonly #changing = new InTurn(1)

  constructor(ports: RulesPorts) {
    this.#ports = ports
  }

  /** Reads all rules, also where somebody else changed rows of them: a camera that has another name now. */
  async load() {
    await this.#changing.run(async () => {
      const rows = await this.#ports.database.read.selectFrom('alert_rules').selectAll().execute()
      this.#rules.clear()
      for (const row of rows) this.#rules.set(row.id, ruleOf(row))
    })
  }

  /** Those that are looked at. */
  enabled(): AlertRule[] {
    return [...this.#rules.values()].filter(({ enabled }) => enabled)
  }

  find(id: string): AlertRule | null {
    return this.#rules.get(id) ?? null
  }

  /** The oldest first. */
  list(): Promise<AlertRuleRow[]> {
    const { read } = this.#ports.database
    return read.selectFrom('alert_rules').selectAll().orderBy('created_at').orderBy('id').execute()
  }

  /** @throws HttpError 404 */
  async get(id: string): Promise<AlertRuleRow> {
    const { read } = this.#ports.database
    const row = await read.selectFrom('alert_rules').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw notFound(`the alert rule ${id}`)
    return row
  }

  /**
   * @throws HttpError 400 `unknown_kind`, `bad_params`, `bad_subject`, `no_such_camera`, `no_such_device`, `bad_webhook`; 409
   *   `name_taken`, `too_many_rules`
   */
  create(said: NewRule, author: string): Promise<WrittenRule> {
    return this.#changing.run(async () => {
      const kind = kindNamed(said.kind)
      const subject = said.subject ?? null
      checkSubject(kind, subject, this.#ports)
      const params = checkedParams(kind, said.params ?? {}, subject, this.#ports)
      const { forMs, clearMs, severity } = { ...kind.defaults, ...said }
      const webhook = said.webhook ? this.#webhookAt(said.webhook.url) : null
      const at = this.#ports.now()
      const row: AlertRuleRow = {
        ...{ id: newId(), name: said.name.trim(), kind: kind.name, subject, params_json: JSON.stringify(params) },
        ...{ for_ms: forMs, clear_ms: clearMs, severity, enabled: said.enabled === false ? 0 : 1 },
        webhook_json: webhook && JSON.stringify(webhook),
        ...{ author, created_at: at, changed_at: at },
      }
      await this.#ports.database.write.transaction().execute(async (transaction) => {
        const rows = await transaction.selectFrom('alert_rules').select('name').execute()
        if (rows.length >= MOST) throw conflict('too_many_rules', `there are ${MOST} rules already: delete one first`)
        if (rows.some(({ name }) => name === row.name)) throw nameTaken(row.name)
        await transaction.insertInto('alert_rules').values(row).execute()
      })
      this.#rules.set(row.id, ruleOf(row))
      return { row, secret: webhook?.secret ?? null }
    })
  }

  /** @throws HttpError as `create` does; 404; 409 `no_webhook` */
  change(id: string, said: RuleChange): Promise<WrittenRule> {
    return this.#changing.run(async () => {
      const before = await this.get(id)
      const kind = kindNamed(before.kind)
      const subject = said.subject === undefined ? before.subject : said.subject
      if (said.subject !== undefined) checkSubject(kind, subject, this.#ports)
      const isOther = said.params !== undefined || said.subject !== undefined
      const params = isOther
        ? checkedParams(kind, said.params ?? JSON.parse(before.params_json), subject, this.#ports)
        : undefined
      const name = said.name?.trim()
      const { webhook, secret } = this.#changedWebhook(before, said)
      const given: Partial<AlertRuleRow> = {
        ...(name === undefined ? {} : { name }),
        ...(said.subject === undefined ? {} : { subject }),
        ...(params === undefined ? {} : { params_json: JSON.stringify(params) }),
        ...(said.forMs === undefined ? {} : { for_ms: said.forMs }),
        ...(said.clearMs === undefined ? {} : { clear_ms: said.clearMs }),
        ...(said.severity === undefined ? {} : { severity: said.severity }),
        ...(said.enabled === undefined ? {} : { enabled: said.enabled ? (1 as const) : (0 as const) }),
        ...(webhook === undefined ? {} : { webhook_json: webhook && JSON.stringify(webhook) }),
        changed_at: this.#ports.now(),
      }
      const { database, webhooks } = this.#ports
      const row = await database.write.transaction().execute(async (transaction) => {
        const others = transaction.selectFrom('alert_rules').select('id').where('id', '!=', id)
        if (name !== undefined && (await others.where('name', '=', name).executeTakeFirst())) throw nameTaken(name)
        if (webhook === null) await webhooks.forget(id, transaction)
        const changed = await transaction
          .updateTable('alert_rules')
          .set(given)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow()
        if (webhook) await webhooks.tryAgain(id, transaction)
        return changed
      })
      this.#rules.set(id, ruleOf(row))
      if (webhook) webhooks.wake()
      return { row, secret }
    })
  }

  /** Its alerts end, and whom its webhook should have told is told no more. @throws HttpError 404 */
  remove(id: string): Promise<void> {
    return this.#changing.run(async () => {
      await this.get(id)
      await this.#ports.database.write.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('alert_rules').where('id', '=', id).execute()
        await this.#ports.webhooks.forget(id, transaction)
      })
      this.#rules.delete(id)
    })
  }

  /** `webhook` is undefined where it stays as it is; the secret is that of a new one. */
  #changedWebhook(
    { webhook_json }: AlertRuleRow,
    { webhook: said, rotateSecret = false }: RuleChange,
  ): { webhook: Webhook | null | undefined; secret: string | null } {
    const before = webhook_json === null ? null : (JSON.parse(webhook_json) as Webhook)
    const url = said === undefined ? before?.url : said?.url
    if (rotateSecret && url === undefined)
      throw conflict('no_webhook', 'this rule has no webhook, and so no secret: give it one')
    if (said === null) return { webhook: before && null, secret: null }
    if (url === undefined || (said === undefined && !rotateSecret)) return { webhook: undefined, secret: null }
    if (before && !rotateSecret) {
      checkUrl(url, this.#ports)
      return { webhook: { ...before, url }, secret: null }
    }
    const webhook = this.#webhookAt(url)
    return { webhook, secret: webhook.secret }
  }

  #webhookAt(url: string): Webhook {
    checkUrl(url, this.#ports)
    return { url, secret: makeSecret() }
  }
}

function ruleOf(row: AlertRuleRow): AlertRule {
  const { id, name, subject, severity } = row
  return {
    ...{ id, name, subject, severity, kind: kindOf(row.kind), params: JSON.parse(row.params_json) },
    ...{ forMs: row.for_ms, clearMs: row.clear_ms, enabled: row.enabled === 1 },
  }
}

/** Longer than any word of a topic, and a level of one. */
function newId(): string {
  return Array.from({ length: ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('')
}

function nameTaken(name: string) {
  return conflict('name_taken', `there is a rule named ${name} already`)
}
