import type { EngineName, Evaluation, Gate, Head, Mask, Region, TestFrame, VectorHead, VectorView } from '@ajar/models'
import type { Rival } from './rival.ts'

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
  /** Which of all variants there could be; default 1. */
  seed?: number
  /** How many frames come. */
  count: number
}

/** How labelled readings are to be seen. */
export interface ReadingsTask {
  framesFolder: string
  view: VectorView
  /** How many readings come. */
  count: number
}

/** What a training is told. */
export interface TrainerTask {
  look: EmbedTask | ReadingsTask
  states: string[]
  seed: number
  /** What made the features that are known already; null where nobody knows. */
  madeBy: EngineName | null
  /** The active model; null where it cannot be compared with. */
  rival: Rival | null
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
  /** The rival has learned neither from it nor from its neighbours. */
  fresh: boolean
  /** Nobody says anything of it any more: it is judged, and never learned from. */
  judgeOnly: boolean
}

export interface Embedded {
  /** Mean luminance of the frame, 0..255. */
  brightness: number
  /** The frame's own features, then those of its augmentations. */
  features: Float32Array[]
}

export interface TrainedResult {
  head: Head | VectorHead
  evaluation: Evaluation | null
  verdict: string
  /** The labelled frames that could be judged, as they were. */
  testSet: TestFrame[]
  engine: EngineName
  gate: Gate | null
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
