import type { EngineName, Evaluation, Head, Mask, Region } from '@ajar/models'
import type { Comparison } from './compare.ts'

/** How labelled frames are to be seen. */
export interface EmbedTask {
  framesFolder: string
  backbone: string
  engine: string
  region: Region | null
  /** The camera's live frames are black there, so those it learns from have to be. */
  masks: Mask[]
  /** Variants of each frame to embed besides itself. */
  augmentations: number
  /** How many frames come. */
  count: number
}

/** What a training is told. */
export interface TrainerTask extends EmbedTask {
  states: string[]
  seed: number
  /** The active model; null where it cannot be compared with. */
  rival: Head | null
}

/** A frame whose features are asked for. */
export interface FrameToEmbed {
  camera: string
  capturedAt: number
  /** Embeddings that were computed before, or null. */
  known: Embedded | null
}

/** What a training learns from: its inputs, one by one. */
export interface LabelledFrame extends FrameToEmbed {
  state: string
  /** It is a frame of another camera. */
  borrowed: boolean
  /** The rival cannot have learned from it. */
  fresh: boolean
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
