import type { Box, EngineName, Evaluation, Head, Mask } from '@ajar/models'
import type { Comparison } from './compare.ts'

/** What the training process is told. */
export interface TrainerTask {
  framesFolder: string
  backbone: string
  engine: string
  states: string[]
  seed: number
  box: Box | null
  /** The camera's live frames are black there, so those it learns from have to be. */
  masks: Mask[]
  /** Variants of each frame to embed besides itself. */
  augmentations: number
  frames: {
    camera: string
    capturedAt: number
    state: string
    /** It is a frame of another camera. */
    borrowed: boolean
    /** Embeddings of an earlier training, or null. */
    known: Embedded | null
  }[]
  /** The active model, and the frames it cannot have learned from; null where it cannot be compared with. */
  rival: { head: Head; fresh: Set<string> } | null
}

export interface Embedded {
  /** Mean luminance of the frame, 0..255. */
  brightness: number
  /** The frame's own features, then those of its augmentations. */
  features: Float32Array[]
}

export interface TrainedResult {
  head: Head
  evaluation: Evaluation | null
  engine: EngineName
  comparison: Comparison | null
  skipped: SkippedFrame[]
}

/** A labelled frame that nothing could be learned from. */
export interface SkippedFrame {
  frame: string
  reason: string
}

/** What the training process tells. */
export type TrainerMessage =
  | { kind: 'progress'; phase: 'embed' | 'train' | 'evaluate'; fraction: number }
  | ({ kind: 'embedded'; camera: string; capturedAt: number } & Embedded)
  | { kind: 'done'; result: TrainedResult }
  | { kind: 'failed'; code: string; message: string }
