import type { UnknownReason } from '@ajar/protocol'
import type { ResultsTable } from '../database/schema.ts'
import type { Source } from '../devices/sources.ts'
import { type DoorDetails, type LeftOut, type Member, type MemberSaid, saidOfDoor } from './door.ts'
import { join, type Statement } from './join.ts'
import type { Reliability } from './reliability.ts'

/** A result of a member, as far as a door asks for it. */
export type OneSaid = Pick<ResultsTable, 'state' | 'best' | 'confidence' | 'reason'> & {
  /** Capture time as its device tells it: it names the frame or reading. */
  at: number
  /** The same, but at the latest when it came in: what is compared with what others saw. */
  seenAt: number
  model: string | null
}
/** Its newest result, and the one before. */
export type LastSaid = OneSaid & { before: OneSaid | null }

/** A member as it is known when it is asked. */
export interface KnownMember {
  member: Member
  /** Null where it is gone. */
  source: Source | null
  said: LastSaid | null
  /** What it is asked with: its own, or that of the one it follows. */
  model: string | null
  reliability: Reliability
}

export interface SaidMember {
  said: MemberSaid
  /** By our clock; null where it said nothing yet. */
  seenAt: number | null
  /** Null where it is left out. */
  statement: Statement | null
  /** What it said the time before. */
  before: { seenAt: number; says: string | null } | null
}

/** What each member says when the newest of all was said, by our clock. */
export function membersSaid(known: KnownMember[], states: string[]): SaidMember[] {
  const newest = Math.max(...known.map(({ said }) => said?.seenAt ?? Number.NEGATIVE_INFINITY))
  return known.map(({ member, source, said, model, reliability }) => {
    const staleAfterMs = source?.staleAfterMs ?? 0
    const says = said?.best == null ? null : saidOfDoor(member, said.best, states)
    const left = whyLeft(source, model, said, says, newest)
    const isUsed = left === null && said?.best != null && says !== null && said.confidence !== null
    const { before = null, seenAt, ...last } = said ?? NOTHING
    const { source: id } = member
    const shown = { ...last, source: id, says, weight: reliability.weight, likelihoods: null, agreed: null, left }
    if (!isUsed) return { said: shown, seenAt, statement: null, before: null }
    const saidBefore = before?.best == null || isStrange(before) ? null : saidOfDoor(member, before.best, states)
    const earlier = before && { seenAt: before.seenAt, says: saidBefore }
    const { best, confidence } = said as { best: string; confidence: number }
    const statement = { reliability, said: best, says, confidence, ageMs: newest - said.seenAt, staleAfterMs }
    return { said: shown, seenAt, statement, before: earlier }
  })
}

const NOTHING = {
  ...{ at: null, seenAt: null, state: null, best: null, confidence: null },
  reason: null,
  model: null,
  before: null,
}

/**
 * A result of too little confidence is not left out: how far one that is so sure can be believed was measured, and two that
 * are hardly sure of the same may be enough.
 */
function whyLeft(
  source: Source | null,
  model: string | null,
  said: LastSaid | null,
  says: string | null,
  now: number,
): LeftOut | null {
  if (said?.reason === 'no_model' || (source && said === null && model === null)) return 'no_model'
  if (!source || !said || now - said.seenAt > source.staleAfterMs) return 'stale'
  if (said.best === null || isStrange(said)) return 'unknown'
  return says === null ? 'unmapped' : null
}

/** Whether it does not know itself; being hardly sure is not that. */
function isStrange({ reason }: OneSaid): boolean {
  return reason !== null && reason !== 'low_confidence'
}

/** The result of a door, made of what its members say. */
export function joinedRow(door: Source, members: SaidMember[]): { row: ResultsTable; details: DoorDetails } {
  const { states, threshold, id } = door
  const used = members.flatMap(({ statement }) => (statement ? [statement] : []))
  const { probabilities, likelihoods } = join(states, used)
  const pairs = pairsOf(members)
  const details: DoorDetails = {
    members: members.map(({ said, statement }) => {
      const own = statement && likelihoods[used.indexOf(statement)]
      if (!own) return said
      const of = pairs.filter((pair) => pair.includes(said))
      const agreed = of.length === 0 ? null : of.every(([one, other]) => one.says === other.says)
      return { ...said, likelihoods: named(states, own), agreed }
    }),
    disagreement: disagreementOf(pairs),
  }
  const says = used.length > 0 && states.length > 0
  const confidence = says ? Math.max(...probabilities) : null
  const best = confidence === null ? null : (states[probabilities.indexOf(confidence)] ?? null)
  const reason = confidence === null ? whyUnknown(members) : confidence < threshold ? 'low_confidence' : null
  const at = Math.max(0, ...members.map(({ seenAt }) => seenAt ?? 0))
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

/**
 * Members that said something beside each other: at the same time, or one of them before the other and the same again after
 * it. Else the door may have moved between them.
 */
function pairsOf(members: SaidMember[]): [MemberSaid, MemberSaid][] {
  const used = members.filter(({ statement }) => statement)
  return used.flatMap((one, i) =>
    used.slice(i + 1).flatMap((other): [MemberSaid, MemberSaid][] => {
      const [older, newer] = (one.seenAt ?? 0) <= (other.seenAt ?? 0) ? [one, other] : [other, one]
      const isSame = newer.before?.says === newer.said.says && newer.before.seenAt <= (older.seenAt ?? 0)
      return older.seenAt === newer.seenAt || isSame ? [[one.said, other.said]] : []
    }),
  )
}

/** How sure the less sure of two is that say different states and are sure enough by their own thresholds. */
function disagreementOf(pairs: [MemberSaid, MemberSaid][]): number {
  const sure = pairs.filter((pair) => pair.every(({ reason }) => reason === null))
  const apart = sure.filter(([one, other]) => one.says !== other.says)
  return Math.max(0, ...apart.map((pair) => Math.min(...pair.map(({ confidence }) => confidence ?? 0))))
}

function named(states: string[], values: number[]): Record<string, number> {
  return Object.fromEntries(states.map((state, i) => [state, rounded(values[i] ?? 0)]))
}

/** Six digits: results are many. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
