import type { UnknownReason } from '@ajar/protocol'

/** A camera or sensor that sees a door. */
export interface Member {
  /** `device/name` */
  source: string
  /** What each state of the source says of the door, `{"0": "closed"}`. A state that is not named is the door's own of that name. */
  states: Record<string, string>
}

/** Why a member had no part in what was joined. */
export type LeftOut =
  /** It has no model. */
  | 'no_model'
  /** It never said anything, or not lately. */
  | 'stale'
  /** It does not know itself: its picture is covered, or unlike all that it learned from. */
  | 'unknown'
  /** What it said is no state of the door. */
  | 'unmapped'

/** What a member had said when a door's state was joined, as it is kept with the result and shown. */
export interface MemberSaid {
  source: string
  /** Capture time of its newest frame or reading, milliseconds UTC; null where it said nothing yet. */
  at: number | null
  /** What was published: `unknown` below its own threshold. */
  state: string | null
  /** Its most probable state, and how probable. */
  best: string | null
  confidence: number | null
  reason: UnknownReason | null
  /** Whose word it is; null where it has none. */
  model: string | null
  /** The door's state that it says; null where it says none. */
  says: string | null
  /** How much it counts, 0..1 (`Reliability.weight`). */
  weight: number
  /** How probable what it said is in each state of the door, the largest 1; null where it was left out. */
  likelihoods: Record<string, number> | null
  /**
   * Whether others said the same beside it: at the same time, or before it and again after it. Null where none did, as where
   * the door may just have moved.
   */
  agreed: boolean | null
  left: LeftOut | null
}

/** What is kept with a door's result besides its state. */
export interface DoorDetails {
  members: MemberSaid[]
  /** How sure the less sure one was of two members that said different states, 0..1; 0 where none surely did. */
  disagreement: number
  /** One of those that are kept at even times, whatever was said; others are kept since something was new. */
  due?: boolean
}

/** The door's state that a state of a member says, or null where it says none. */
export function saidOfDoor(
  { states }: Pick<Member, 'states'>,
  state: string,
  ofDoor: readonly string[],
): string | null {
  const said = Object.hasOwn(states, state) ? states[state] : state
  return said !== undefined && ofDoor.includes(said) ? said : null
}

/** States that a member was told how to say and that its source has no longer. */
export function goneOf({ states }: Pick<Member, 'states'>, ofSource: readonly string[]): string[] {
  return Object.keys(states).filter((state) => !ofSource.includes(state))
}
