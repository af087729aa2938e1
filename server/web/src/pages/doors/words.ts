import type { DoorMemberBody, SaidBody } from '../../api/door-bodies.ts'
import { amount, percent, reasonInWords } from '../../design/words.ts'

/** Why a member has no part in what is joined; null where it has one. */
export function leftInWords({ left, reason, best }: SaidBody): string | null {
  if (left === 'no_model') return 'no model yet'
  if (left === 'stale') return 'says nothing right now'
  if (left === 'unknown') return reasonInWords(reason)
  if (left === 'unmapped') return `${best} is no state of the door`
  return null
}

/** How far a member can be believed, and how that is known. */
export function reliabilityInWords({ balancedAccuracy, measured, since, model }: DoorMemberBody): string {
  if (model === null) return 'not trained'
  if (balancedAccuracy === null) return 'never judged on frames it had not seen'
  const of = [measured > 0 ? `${amount(measured)} held out` : null, since > 0 ? `${amount(since)} since` : null]
  return `${percent(balancedAccuracy)} right, on ${of.filter(Boolean).join(' and ')}`
}

/** What one member has to change for the better; null where nothing has. */
export function adviceFor({ weight, model, stayed, measured }: DoorMemberBody): string | null {
  if (model === null) return null
  if (stayed < 0.5 && measured > 0) return 'It is not what it was when it was trained: train it again.'
  if (weight === 0) return 'Not better than chance, as far as is known: it counts nothing.'
  return null
}
