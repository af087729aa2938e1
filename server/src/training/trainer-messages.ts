import type { Box, EngineName, Evaluation, Head, Mask } from '@ajar/models'
import type { Comparison } from './compare.ts'

/** What a training is told. */
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
  /** How many frames come. */
  count: number
  /** The active model; null where it cannot be compared with. */
  rival: Head | null
}

/** What a training learns from: its inputs, one by one. */
export interface LabelledFrame {
  camera: string
  capturedAt: number
  state: string
  /** It is a frame of another camera. */
  borrowed: boolean
  /** The rival cannot have learned from it. */
  fresh: boolean
  /** Embeddings of an earlier training, or null. */
  known: Embedded | null
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

/** What a training tells on the way. */
export type TrainerMessage =
  | { kind: 'progress'; phase: 'embed' | 'train' | 'evaluate'; fraction: number }
  | ({ kind: 'embedded'; camera: string; capturedAt: number } & Embedded)
