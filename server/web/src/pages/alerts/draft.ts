import type { KindBody, RuleBody, Severity } from '../../api/alert-bodies.ts'
import { type Entries, entriesOf, paramsOf, valuesOf } from './params.ts'

/** A rule as it stands in its form. */
export interface Draft {
  name: string
  kind: string
  /** Empty: each there is. */
  subject: string
  entries: Entries
  /** As they are typed. */
  forMinutes: string
  clearMinutes: string
  severity: Severity
  /** Empty: none. */
  webhook: string
  rotateSecret: boolean
}

/** What the routes of rules take. */
export interface RuleChange {
  name: string
  subject?: string | null
  params: Record<string, unknown>
  forMs: number
  clearMs: number
  severity: Severity
  webhook?: { url: string } | null
  rotateSecret?: true
}

const MINUTE_MS = 60_000

export function newDraft(kind: KindBody): Draft {
  return {
    name: '',
    subject: '',
    webhook: '',
    rotateSecret: false,
    ...ofKind(kind),
  }
}

/** Of another kind: what both have stays. */
export function withKind(draft: Draft, kind: KindBody, before: KindBody | undefined): Draft {
  const subject = kind.subject === before?.subject ? draft.subject : ''
  return { ...draft, subject, ...ofKind(kind) }
}

function ofKind({ name, params, defaults }: KindBody) {
  return {
    kind: name,
    entries: entriesOf(paramsOf(params), {}),
    forMinutes: String(defaults.forMs / MINUTE_MS),
    clearMinutes: String(defaults.clearMs / MINUTE_MS),
    severity: defaults.severity,
  }
}

export function draftOf(rule: RuleBody, kind: KindBody): Draft {
  return {
    name: rule.name,
    kind: rule.kind,
    subject: rule.subject ?? '',
    entries: entriesOf(paramsOf(kind.params), rule.params),
    forMinutes: String(rule.forMs / MINUTE_MS),
    clearMinutes: String(rule.clearMs / MINUTE_MS),
    severity: rule.severity,
    webhook: rule.webhook?.url ?? '',
    rotateSecret: false,
  }
}

/**
 * @param rule as it is now; null where it is a new one. Its webhook is named where it changes: the secret stays else. So is
 *   what it is about: that may not exist any more, and the rest can be changed all the same.
 */
export function changeOf(draft: Draft, kind: KindBody, rule: RuleBody | null): RuleChange {
  const url = draft.webhook.trim()
  const subject = draft.subject === '' || kind.subject === 'server' ? null : draft.subject
  return {
    name: draft.name.trim(),
    ...(rule !== null && subject === rule.subject ? {} : { subject }),
    params: valuesOf(paramsOf(kind.params), draft.entries),
    forMs: Math.round(Number(draft.forMinutes) * MINUTE_MS),
    clearMs: Math.round(Number(draft.clearMinutes) * MINUTE_MS),
    severity: draft.severity,
    ...(url === (rule?.webhook?.url ?? '') ? {} : { webhook: url === '' ? null : { url } }),
    ...(draft.rotateSecret && rule?.webhook && url !== '' ? { rotateSecret: true as const } : {}),
  }
}
