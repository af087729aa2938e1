import type { KindBody, RuleBody, Severity } from '../../api/alert-bodies.ts'
import { entryOfDuration, msOf } from './durations.ts'
import { type Entries, entriesOf, paramsOf, valuesOf } from './params.ts'

/** A rule as it stands in its form. */
export interface Draft {
  /** Null where nobody has typed one: then it is as it is proposed. */
  name: string | null
  kind: string
  /** Empty: each there is. */
  subject: string
  entries: Entries
  /** As they are typed: `10 min`. */
  forTime: string
  clearTime: string
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

export function newDraft(kind: KindBody): Draft {
  return {
    name: null,
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
    forTime: entryOfDuration(defaults.forMs),
    clearTime: entryOfDuration(defaults.clearMs),
    severity: defaults.severity,
  }
}

export function draftOf(rule: RuleBody, kind: KindBody): Draft {
  return {
    name: rule.name,
    kind: rule.kind,
    subject: rule.subject ?? '',
    entries: entriesOf(paramsOf(kind.params), rule.params),
    forTime: entryOfDuration(rule.forMs),
    clearTime: entryOfDuration(rule.clearMs),
    severity: rule.severity,
    webhook: rule.webhook?.url ?? '',
    rotateSecret: false,
  }
}

/**
 * @param rule as it is now; null where it is a new one. Its webhook is named where it changes: the secret stays else. So is
 *   what it is about: that may not exist any more, and the rest can be changed all the same.
 * @param proposed its name where nobody has typed one
 */
export function changeOf(draft: Draft, kind: KindBody, rule: RuleBody | null, proposed = ''): RuleChange {
  const url = draft.webhook.trim()
  const subject = draft.subject === '' || kind.subject === 'server' ? null : draft.subject
  return {
    name: (draft.name ?? proposed).trim(),
    ...(rule !== null && subject === rule.subject ? {} : { subject }),
    params: valuesOf(paramsOf(kind.params), draft.entries),
    forMs: msOf(draft.forTime) ?? 0,
    clearMs: msOf(draft.clearTime) ?? 0,
    severity: draft.severity,
    ...(url === (rule?.webhook?.url ?? '') ? {} : { webhook: url === '' ? null : { url } }),
    ...(draft.rotateSecret && rule?.webhook && url !== '' ? { rotateSecret: true as const } : {}),
  }
}
