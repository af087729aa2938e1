import type { FrameBody, ResultBody, StateBody } from './bodies.ts'
import type { ReadingBody, ReadingValue } from './reading-bodies.ts'

/** What the server answers of sensors with states, and of doors. */

/** Numbers of a reading that belong together. */
export interface VectorPart {
  name: string
  length: number
  /** `phase`: angles in radians, which jump by whole turns. */
  kind: 'value' | 'phase'
}

/** How readings are seen. */
export interface VectorView {
  parts: VectorPart[]
  /** So many readings make one look. */
  window: number
}

/** What an operator sets of a sensor. */
export interface SensorSettings {
  states: string[]
  /** 0..1 */
  threshold: number
  /** Agreeing results that change the state. */
  debounce: number
  staleAfterMs: number
  vector: VectorView | null
}

/** A sensor that has states; of one that follows another, states, threshold and model are those of that one. */
export interface SensorSource extends SensorSettings {
  model: string | null
  /** Why its model cannot tell the newest readings: it is of another view. Null where it can. */
  misfit?: string | null
  /** The sensor whose model it is asked with; null: its own. */
  follows: string | null
  createdAt: string
  state: StateBody
}

/** What is said of a reading besides its state. */
export interface DetailsBody {
  /** Where all states are numbers: the most probable value, and where the true one lies in 90 of 100 cases. */
  expected?: number | null
  interval?: { low: number; high: number } | null
  estimators?: Record<string, { state: string; confidence: number }>
}

/** A reading that took the journey of frames. */
export interface TakenReading extends Omit<FrameBody, 'result'> {
  value: number | number[] | null
  result: (ResultBody & { details?: DetailsBody | null }) | null
}

/** A hold of guided collection. */
export interface HoldBody {
  state: string
  author: string
  /** Null where it is held for a time. */
  wanted: number | null
  got: number
  refused: number
  /** Why the last of these has no label. */
  reason: string | null
  perSecond: number
  startedAt: string
  endsAt: string
  endedAt: string | null
  endedBy: 'count' | 'time' | 'silence' | 'stopped' | 'closed' | 'fault' | null
}

/** Seen by cameras and sensors together. */
export interface DoorBody {
  /** `doors/name` */
  id: string
  name: string
  states: string[]
  state: StateBody
  staleAfterMs: number
}

/** Two states against each other, before any training. */
export interface PairBody {
  a: string
  b: string
  /** 0: their readings cannot be told apart, 1: each one can. Null where there are too few of them. */
  value: number | null
  words: 'apart' | 'close' | 'not told apart' | 'not known'
}

export interface UsabilityBody {
  pairs: PairBody[]
  /** `partly`: some of the states can be told from one another well enough, not all. */
  grade: 'usable' | 'partly' | 'not'
  /** Readings of a look, with which it was made. */
  window: number
  /** In words, with what to do. */
  verdict: string
}

/** A sensor with its newest reading, and what is set of one that has states. */
export interface SensorBody extends Omit<ReadingBody, 'at' | 'value'> {
  /** Null before the first reading of one that was set up. */
  at: string | null
  value: ReadingValue | null
  /** What reads it: `gpio`, `cpu-temperature`, ... */
  driver: string | null
  /** Why it cannot be read now. */
  fault: string | null
  /** Null where it has no states; absent where only readings are known of it. */
  source?: SensorSource | null
}
