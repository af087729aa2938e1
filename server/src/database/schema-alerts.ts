import type { Generated, Selectable } from 'kysely'
import type { Bit } from './bit.ts'

/** Rules, what they found, and what is on its way to webhooks. Times are milliseconds UTC. */
export interface AlertTables {
  alert_rules: AlertRulesTable
  alerts: AlertsTable
  webhook_outbox: WebhookOutboxTable
  webhook_deliveries: WebhookDeliveriesTable
}

export interface AlertRulesTable {
  id: string
  name: string
  /** A file of `alerts/kinds/`. */
  kind: string
  /** The camera `device/camera` or the device it is about; null: each there is. */
  subject: string | null
  params_json: string
  /** So long it has to hold before it fires, and not to hold before it ends; milliseconds. */
  for_ms: number
  clear_ms: number
  severity: 'info' | 'warning' | 'critical'
  enabled: Bit
  /** Address and secret, or null. */
  webhook_json: string | null
  author: string
  created_at: number
  changed_at: number
}

/** One time that a rule found something of a subject, from its first moment to its end. */
export interface AlertsTable {
  id: Generated<number>
  rule: string
  /** Name and kind of the rule: it may be deleted, or called otherwise. */
  name: string
  kind: string
  /** The camera or device, or `server`. */
  subject: string
  state: 'pending' | 'firing' | 'resolved'
  severity: AlertRulesTable['severity']
  /** Since when the condition holds. */
  since: number
  /** So much of the time since then does not count: nobody looked, or nobody could tell; milliseconds. */
  unseen_ms: number
  /** Since when nobody can tell whether it holds, while the alert is pending. */
  unseen_since: number | null
  /** Since when it does not hold any more, while the alert still stands. */
  clear_since: number | null
  /** Of one that is pending: by when it was still looked at, to a minute; what comes after a start then does not count. */
  looked_at: number
  fired_at: number | null
  resolved_at: number | null
  acknowledged_at: number | null
  acknowledged_by: string | null
  /** For people: what is so; once it ended, what was so. */
  text: string
  /** What it found, in the past tense, for the text of its end. */
  was: string
  value_json: string
}

/** Deliveries that a receiver has not taken yet. */
export interface WebhookOutboxTable {
  id: Generated<number>
  rule: string
  /** Names the message to its receiver, the same at each attempt. */
  message: string
  body_json: string
  created_at: number
  attempts: number
  next_at: number
  last_error: string | null
}

/** How deliveries of a rule went so far. */
export interface WebhookDeliveriesTable {
  rule: string
  /** Messages that were never delivered. */
  dropped: number
  last_error: string | null
  last_error_at: number | null
  last_delivered_at: number | null
}

export type AlertRuleRow = Selectable<AlertRulesTable>
export type AlertRow = Selectable<AlertsTable>
export type WebhookOutboxRow = Selectable<WebhookOutboxTable>
