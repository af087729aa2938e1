import type { Box, EngineName, Evaluation, Head } from '@ajar/models'

/** What the training process is told. */
export interface TrainerTask {
  framesFolder: string
  backbone: string
  engine: string
  states: string[]
  seed: number
  box: Box | null
  /** Variants of each frame to embed besides itself. */
  augmentations: number
  frames: {
    camera: string
    capturedAt: number
    state: string
    /** Embeddings of an earlier training, or null. */
    known: Embedded | null
  }[]
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
}

/** What the training process tells. */
export type TrainerMessage =
  | { kind: 'progress'; phase: 'embed' | 'train' | 'evaluate'; fraction: number }
  | ({ kind: 'embedded'; camera: string; capturedAt: number } & Embedded)
  | { kind: 'done'; result: TrainedResult }
  | { kind: 'failed'; code: string; message: string }
