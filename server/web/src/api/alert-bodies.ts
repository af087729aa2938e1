/** Alerts, the rules that find them, and what rules can be made of, as the server answers them. */

export type Severity = 'info' | 'warning' | 'critical'

/** One time that a rule found something of a subject, from its first moment to its end. */
export interface AlertBody {
  id: number
  rule: string
  /** Of the rule. */
  name: string
  kind: string
  /** A camera `device/camera`, a device, or `server`. */
  subject: string
  severity: Severity
  /** `pending`: it holds, but not yet for as long as the rule wants. */
  state: 'pending' | 'firing' | 'resolved'
  /** Since when it holds. */
  since: string
  firedAt: string | null
  resolvedAt: string | null
  acknowledgedAt: string | null
  acknowledgedBy: string | null
  /** For people. */
  text: string
  value: number | string | null
}

/** How a rule's webhook gets on. */
export interface DeliveryBody {
  waiting: number
  dropped: number
  lastError: string | null
  lastErrorAt: string | null
  lastDeliveredAt: string | null
  /** When the oldest that waits is tried next; null where none waits. */
  nextAt: string | null
}

export interface RuleBody {
  id: string
  name: string
  kind: string
  /** A camera `device/camera` or a device; null: each there is. */
  subject: string | null
  params: Record<string, unknown>
  /** How long it has to hold, and not to hold, before it is said. */
  forMs: number
  clearMs: number
  severity: Severity
  enabled: boolean
  /** Its secret stands in the answer that made it, and nowhere else; who may not change rules sees the host of the address only. */
  webhook: { url: string; signed: boolean; secret?: string } | null
  author: string
  createdAt: string
  changedAt: string
  /** Alerts of it that stand. */
  standing: number
  delivery: DeliveryBody | null
}

/** What rules can be made of. `params` is a JSON schema of what one sets. */
export interface KindBody {
  name: string
  title: string
  description: string
  subject: 'camera' | 'device' | 'server'
  params: ParamsSchema
  /** Of a rule that says nothing else. */
  defaults: { forMs: number; clearMs: number; severity: Severity }
}

export interface ParamsSchema {
  properties?: Record<string, ParamSchema>
  required?: string[]
}

export interface ParamSchema {
  type?: string
  title?: string
  description?: string
  default?: unknown
  /** What a number is in (`ms`, `bytes`, `frames`), or which names to choose from (`state`, `sensor`, `reason`). */
  unit?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  enum?: unknown[]
  const?: unknown
  items?: ParamSchema
  anyOf?: ParamSchema[]
}
