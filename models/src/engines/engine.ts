import type { BackboneId } from '../backbone/backbones.ts'
import type { Backbone } from '../backbone/graph.ts'

export type EngineName = 'onnxruntime' | 'tfjs-node' | 'wasm'

/** `auto` takes the first of `ENGINES` that loads; a name takes that one or fails. */
export type EngineChoice = EngineName | 'auto'

/** What runs a frozen backbone. Not safe to call from several threads: open one in each. */
export interface Engine {
  readonly name: EngineName
  readonly backbone: BackboneId
  /** How many numbers `embed` gives: 4 x 4 cells x the backbone's channels. */
  readonly featureLength: number
  /** Engines that came first in the list and did not load, with the reason. */
  readonly skipped: readonly SkippedEngine[]
  /**
   * @param rgb `224 * 224 * 3` bytes, rows of RGB pixels, as `decode` gives them.
   * @returns the 4x4 grid of features, `[4, 4, channels]`, row by row.
   */
  embed(rgb: Uint8Array): Promise<Float32Array>
  close(): Promise<void>
}

export interface SkippedEngine {
  name: EngineName
  reason: string
}

/** One engine file: loads its library only when asked to. */
export interface EngineDriver {
  name: EngineName
  /** @param threads threads inside one `embed`. Throws whatever its library throws where it cannot load. */
  open(backbone: Backbone, threads: number): Promise<OpenedEngine>
}

export type OpenedEngine = Pick<Engine, 'embed' | 'close'>
