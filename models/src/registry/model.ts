import type { BackboneId } from '../backbone/backbones.ts'
import type { EngineName } from '../engines/engine.ts'
import type { Evaluation } from '../evaluation/evaluate.ts'
import type { Head } from '../head/head.ts'
import type { Region } from '../pixels/polygon.ts'

/** One camera's model: immutable once saved. */
export interface Model {
  /** `device/camera@version` */
  id: string
  backbone: BackboneId
  /** The engine that made the training embeddings; any engine may serve the model. */
  engine: EngineName
  /** Milliseconds since 1970 UTC. */
  createdAtMs: number
  seed: number
  /** Which labels it learned from (`summariseLabels`). */
  labels: { digest: string; frames: number; perState: Record<string, number> }
  /** Region of interest that it looks at, corners in fractions of the upright frame; null for the whole frame. */
  region: Region | null
  head: Head
  /** Null where there were too few frames to evaluate. */
  evaluation: Evaluation | null
}
