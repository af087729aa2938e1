import type { StateBody } from './bodies.ts'

/** What the server answers of doors. */

/** What a camera or sensor said of a door. */
export interface SaidBody {
  /** `device/name` */
  source: string
  kind: 'camera' | 'sensor' | null
  /** Id of the frame or reading. */
  frame: string | null
  at: string | null
  state: string | null
  best: string | null
  /** 0..1 */
  confidence: number | null
  reason: string | null
  model: string | null
  /** The state of the door that it says. */
  says: string | null
  /** 0: it counts nothing. */
  weight: number
  likelihoods: Record<string, number> | null
  /** Whether others said the same beside it. */
  agreed: boolean | null
  left: 'no_model' | 'stale' | 'unknown' | 'unmapped' | null
}

export interface DoorMemberBody extends SaidBody {
  /** What its states say of the door, but for those of the same name. */
  states: Record<string, string>
  ofSource: string[]
  /** States named in `states` that it has no longer. */
  gone: string[]
  /** 0..1 */
  balancedAccuracy: number | null
  /** Frames or readings by which it was judged when its model was made, and since. */
  measured: number
  since: number
  /** At how many of the labelled ones since it was right. */
  sinceRight: number
  stayed: number
}

export interface DoorSettings {
  states: string[]
  threshold: number
  debounce: number
  staleAfterMs: number
}

/** One door, whole. */
export interface WholeDoorBody extends DoorSettings {
  id: string
  name: string
  createdAt: string
  state: StateBody
  members: DoorMemberBody[]
  joined: {
    best: string | null
    confidence: number | null
    probabilities: Record<string, number> | null
    reason: string | null
    disagreement: number
  }
}

export interface DisagreementBody {
  at: string
  fromAt: string
  toAt: string
  results: number
  state: string
  confidence: number | null
  disagreement: number
  members: (SaidBody & { label: string | null })[]
}
