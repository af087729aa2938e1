import type { DoorMemberBody, SaidBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { amount, percent, reasonInWords } from '../../design/words.ts'

/** Why a member has no part in what is joined; null where it has one. */
export function leftInWords({ left, reason, best }: SaidBody): string | null {
  if (left === 'no_model') return 'no model yet'
  if (left === 'stale') return 'says nothing right now'
  if (left === 'unknown') return reasonInWords(reason)
  if (left === 'unmapped') return `${best} is no state of the door`
  return null
}

/** Why a door is unknown: it has no model, its members have. */
export function unknownInWords({ state, threshold }: Pick<WholeDoorBody, 'state' | 'threshold'>): string {
  const { reason } = state
  if (reason === 'no_model') return 'none of its cameras and sensors has a model yet'
  if (reason === 'low_confidence')
    return `what they say together is not sure enough: less than ${Math.round(threshold * 100)} %`
  if (reason === 'stale') return 'none of its cameras and sensors says anything right now'
  return reasonInWords(reason ?? null)
}

/** How far a member can be believed, and how that is known. */
export function reliabilityInWords({ balancedAccuracy, measured, since, sinceRight, model }: DoorMemberBody): {
  share: string
  by: string | null
} {
  if (model === null) return { share: 'not trained', by: null }
  if (balancedAccuracy === null) return { share: 'never judged on what it had not learned from', by: null }
  const by = [
    measured > 0 ? `of ${amount(measured)} that it had not learned from` : null,
    since > 0 ? `${amount(sinceRight)} of ${amount(since)} right that were labelled since` : null,
  ]
  return { share: percent(balancedAccuracy), by: by.filter(Boolean).join('; ') || null }
}

/** What one member has to change for the better; null where nothing has. */
export function adviceFor({ weight, model, stayed, measured }: DoorMemberBody): string | null {
  if (model === null) return null
  if (stayed < 0.5 && measured > 0) return 'It is not what it was when it was trained: train it again.'
  if (weight === 0) return 'Not better than chance, as far as is known: it counts nothing.'
  return null
}

/** The door's state that a state of a member says; null where it says none. */
export function saidOfDoor({ states }: Pick<DoorMemberBody, 'states'>, state: string, ofDoor: string[]): string | null {
  const said = states[state] ?? state
  return ofDoor.includes(said) ? said : null
}

/** What counts otherwise than before; null where nothing does. */
export function changeInWords(before: DoorMemberBody[], after: DoorMemberBody[]): string | null {
  const changes = after.flatMap(({ source, weight }) => {
    const was = before.find((one) => one.source === source)?.weight ?? weight
    const [from, to] = [was, weight].map((share) => Math.round(share * 100))
    return from === to ? [] : [`${source} counts ${to} % instead of ${from} %`]
  })
  return changes.length > 0 ? changes.join(', ') : null
}
