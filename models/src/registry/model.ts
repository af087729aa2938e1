import type { BackboneId } from '../backbone/backbones.ts'
import type { EngineName } from '../engines/engine.ts'
import type { Evaluation } from '../evaluation/evaluate.ts'
import type { TestFrame } from '../evaluation/gate.ts'
import type { Head } from '../head/head.ts'
import type { Region } from '../pixels/polygon.ts'
import type { VectorHead } from '../vector/head.ts'
import type { VECTOR, VectorView } from '../vector/view.ts'

/** One camera's or sensor's model: immutable once saved. */
export interface Model {
  /** `device/camera@version` */
  id: string
  /** Of a model of vectors there is none, and this says so. */
  backbone: BackboneId | typeof VECTOR
  /** The engine that made the training embeddings; any engine may serve the model. */
  engine: EngineName
  /** Milliseconds since 1970 UTC. */
  createdAtMs: number
  seed: number
  /** Which labels it learned from (`summariseLabels`). */
  labels: { digest: string; frames: number; perState: Record<string, number> }
  /** Region of interest that it looks at, corners in fractions of the upright frame; null for the whole frame. */
  region: Region | null
  /** How readings are seen; null where frames are. */
  view: VectorView | null
  head: Head | VectorHead
  /** Null where nothing honest can be said of it. */
  evaluation: Evaluation | null
  /** In words: `ready`, or what to label next. */
  verdict: string
  /** The model that was active when it was made, or that it is a copy of. */
  parent: string | null
  /** The frames that it was judged by, each by a head that had not learned from its time: frozen with the model. */
  testSet: TestFrame[]
}
