import type { BackboneId } from '../backbone/backbones.ts'
import type { EngineName } from '../engines/engine.ts'
import type { Evaluation } from '../evaluation/evaluate.ts'
import type { Head } from '../head/head.ts'
import type { Box } from '../pixels/decode.ts'

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
  /** Region of interest its frames are cropped to, null for the whole frame. */
  box: Box | null
  head: Head
  /** Null where there were too few frames to evaluate. */
  evaluation: Evaluation | null
}
