/** Models, how they were judged, and which of them was active when, as the server answers them. */

import type { Point } from './bodies.ts'
import type { VectorView } from './sensor-bodies.ts'

/** Of a rate, 95 %: 0..1 each. */
export interface Interval {
  low: number
  high: number
}

/** How good a model is on a part of the frames. */
export interface Condition {
  frames: number
  /** 0..1 */
  balancedAccuracy: number
  interval: Interval
}

/** What a model that had not learned from its time said of a frame, and what its label says. */
export interface JudgedFrame {
  frame: string
  truth: string
  said: string
  /** 0..1 */
  confidence: number
}

export interface CurvePoint {
  /** Of all labels, 0..1 */
  share: number
  labels: number
  /** 0..1 */
  balancedAccuracy: number
}

/** How good a model is on frames that it had not learned from. What may be absent was not yet asked of older models. */
export interface Evaluation extends Condition {
  states: string[]
  /** `confusion[truth][said]` in the order of `states` */
  confusion: number[][]
  wrong: JudgedFrame[]
  /** `ready`, or which frames would help. */
  verdict: string
  /** Frames of other cameras that it learned from. */
  borrowed?: number
  perState?: { state: string; frames: number; precision: number | null; recall: number | null }[]
  day?: Condition | null
  night?: Condition | null
  /** By which the head's scores are divided, so that its confidence is as often right as it says. */
  temperature?: number
  curve?: CurvePoint[]
  /** Labels that look wrong, the most suspicious first. */
  suspects?: JudgedFrame[]
  /** `all`: frames of other cameras were judged too, for there are too few of its own. */
  judgedOn?: 'own' | 'all'
  advice?: Advice | null
  /** Of all judged, those that are right, each counted once: 0..1 */
  accuracy?: number | null
  /** The share of the commonest state: who always says that is right so often. */
  majority?: number | null
}

/** What to label next. */
export interface Advice {
  state: string
  more: number
  when: 'day' | 'night' | null
}

/** A model beside the one that was active when it was made, on the frames by which that one was judged. */
export interface Gate {
  frames: number
  /** Balanced accuracies, 0..1 */
  candidate: number
  active: number
  lost: number
  gained: number
  /** Frames by which that one was judged whose labels say otherwise now: left out, unless they are too many. */
  relabelled: number
  worse: boolean
  /** The same on frames that were labelled since. */
  since: { frames: number; candidate: number; active: number } | null
  reason: string | null
}

export interface ModelBody {
  /** `device/camera@version` */
  id: string
  camera: string
  version: number
  backbone: string
  engine: string
  active: boolean
  createdAt: string
  origin: 'trained' | 'uploaded' | 'copied'
  /** The model that was active when it was made, or that it is a copy of. */
  parent: string | null
  /** The id that it had where it came from, and was judged; null where it was made here. */
  original: string | null
  seed: number | null
  states: string[]
  labels: { digest: string; frames: number; perState: Record<string, number> } | null
  region: Point[] | null
  /** How readings are seen; absent or null of a camera's. */
  view?: VectorView | null
  evaluation: Evaluation | null
  /** `ready`, or what to label next; where there is no evaluation it says why. */
  verdict: string
  gate: Gate | null
  /** Of its training. */
  job: string | null
}

export interface ActivationBody {
  at: string
  model: string | null
  previous: string | null
  reason: 'trained' | 'activated' | 'forced' | 'rolled_back' | 'copied'
  author: string
}

/** A label of which the newest model is sure that it is wrong. */
export interface SuspectBody {
  frame: string
  label: string
  said: string
  /** 0..1 */
  confidence: number
}

/** What came of a training. */
export interface TrainingResult {
  model: string | null
  activated: boolean
  /** Why it was not activated. */
  reason: string | null
  gate?: Gate | null
  evaluation: Evaluation | null
  verdict?: string
  skipped: { frame: string; reason: string }[]
  seconds: number
}

/** What came of an import. */
export interface ImportResult {
  imported: number
  labelled: number
  duplicates: number
  /** A hundred of them at most. */
  skipped: { file: string; reason: string }[]
  skippedCount: number
}
