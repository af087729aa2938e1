import type { UnknownReason } from '@ajar/protocol'
import type { ResultsTable } from '../database/schema.ts'
import type { Source } from '../devices/sources.ts'
import { type DoorDetails, type LeftOut, type Member, type MemberSaid, saidOfDoor } from './door.ts'
import { join, type Statement } from './join.ts'
import type { Reliability } from './reliability.ts'

/** A member's newest result, as far as a door asks for it. */
export type LastSaid = Pick<ResultsTable, 'state' | 'best' | 'confidence' | 'reason'> & { at: number }

/** A member as it is known when it is asked. */
export interface KnownMember {
  member: Member
  /** Null where it is gone. */
  source: Source | null
  said: LastSaid | null
  reliability: Reliability
}

export interface SaidMember {
  said: MemberSaid
  /** Null where it is left out. */
  statement: Statement | null
}

/** What each member says when the newest of all was said. */
export function membersSaid(known: KnownMember[], states: string[]): SaidMember[] {
  const newest = Math.max(...known.map(({ said }) => said?.at ?? Number.NEGATIVE_INFINITY))
  return known.map(({ member, source, said, reliability }) => {
    const staleAfterMs = source?.staleAfterMs ?? 0
    const says = said?.best == null ? null : saidOfDoor(member, said.best, states)
    const left = whyLeft(source, said, says, newest)
    const isUsed = left === null && said?.best != null && says !== null && said.confidence !== null
    const shown = {
      ...(said ?? NOTHING),
      source: member.source,
      says,
      weight: reliability.weight,
      likelihoods: null,
      left,
    }
    if (!isUsed) return { said: shown, statement: null }
    const { best, confidence, at } = said as { best: string; confidence: number; at: number }
    return { said: shown, statement: { reliability, said: best, says, confidence, ageMs: newest - at, staleAfterMs } }
  })
}

const NOTHING = { at: null, state: null, best: null, confidence: null, reason: null }

/**
 * A result of too little confidence is not left out: how far one that is so sure can be believed was measured, and two that
 * are hardly sure of the same may be enough.
 */
function whyLeft(source: Source | null, said: LastSaid | null, says: string | null, now: number): LeftOut | null {
  if (said?.reason === 'no_model' || (said === null && source?.activeModel === null && source.follows === null))
    return 'no_model'
  if (!source || !said || now - said.at > source.staleAfterMs) return 'stale'
  if (said.best === null || (said.reason !== null && said.reason !== 'low_confidence')) return 'unknown'
  return says === null ? 'unmapped' : null
}

/** The result of a door, made of what its members say. */
export function joinedRow(door: Source, members: SaidMember[]): { row: ResultsTable; details: DoorDetails } {
  const { states, threshold, id } = door
  const used = members.flatMap(({ statement }) => (statement ? [statement] : []))
  const { probabilities, likelihoods } = join(states, used)
  const details: DoorDetails = {
    members: members.map(({ said, statement }) => {
      const own = statement && likelihoods[used.indexOf(statement)]
      return own ? { ...said, likelihoods: named(states, own) } : said
    }),
    disagreement: disagreementOf(members),
  }
  const says = used.length > 0 && states.length > 0
  const confidence = says ? Math.max(...probabilities) : null
  const best = confidence === null ? null : (states[probabilities.indexOf(confidence)] ?? null)
  const reason = confidence === null ? whyUnknown(members) : confidence < threshold ? 'low_confidence' : null
  const at = Math.max(0, ...members.map(({ said }) => said.at ?? 0))
  const row: ResultsTable = {
    ...{ camera: id, captured_at: at, model: '', best, confidence, reason, latency_ms: 0, late: 0 },
    state: reason === null && best !== null ? best : 'unknown',
    probabilities_json: says ? JSON.stringify(named(states, probabilities)) : null,
    ...{ novelty: null, signature: null, details_json: JSON.stringify(details) },
  }
  return { row, details }
}

/** Why a door is unknown of which no member says anything. */
function whyUnknown(members: SaidMember[]): UnknownReason {
  if (members.every(({ said }) => said.left === 'no_model')) return 'no_model'
  const strange = members.find(({ said }) => said.left === 'unknown' && said.reason !== null)
  if (strange?.said.reason) return strange.said.reason
  return members.some(({ said }) => said.left === 'unmapped') ? 'low_confidence' : 'stale'
}

/** How sure the less sure of two is that say different states and are sure enough by their own thresholds. */
function disagreementOf(members: SaidMember[]): number {
  const sure = members.filter(({ said, statement }) => statement && said.reason === null)
  let most = 0
  for (const { said: one } of sure)
    for (const { said: other } of sure)
      if (one.says !== other.says) most = Math.max(most, Math.min(one.confidence ?? 0, other.confidence ?? 0))
  return most
}

function named(states: string[], values: number[]): Record<string, number> {
  return Object.fromEntries(states.map((state, i) => [state, rounded(values[i] ?? 0)]))
}

/** Six digits: results are many. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
