import { readFile } from 'node:fs/promises'
import { ModelsError } from '../models-error.ts'
import { BACKBONES, type BackboneId, CELLS } from './backbones.ts'

/**
 * The neutral form of a backbone that every engine builds from: `graph.json` names the layers in order, `weights.bin`
 * holds their float32 values, little endian, back to back. `npm run weights` writes it.
 */
export interface Graph {
  backbone: BackboneId
  /** Square RGB input; a byte v enters the first layer as (v - mean) / deviation. */
  input: { size: number; mean: number; deviation: number }
  layers: Layer[]
  /** The last layer's map, which `gridFeatures` pools. */
  output: { height: number; width: number; channels: number }
}

export type Layer = Convolution | Addition

/** Pads with zeros as TensorFlow's SAME does: the map shrinks by the stride, and what is odd goes after. */
export interface Convolution {
  kind: 'convolution' | 'depthwise'
  name: string
  /** The layer this one reads, `input` being the picture. */
  input: string
  stride: number
  relu6: boolean
  /** `[height, width, in, out]`; `[height, width, channels, 1]` for depthwise. */
  filter: WeightSlice
  /** `[out]` */
  bias: WeightSlice
}

export interface Addition {
  kind: 'add'
  name: string
  inputs: [string, string]
}

/** A tensor in `weights.bin`: its shape and its first value's index, counted in float32 values. */
export interface WeightSlice {
  shape: number[]
  at: number
}

export interface Backbone {
  graph: Graph
  weights: Float32Array
}

const WEIGHTS_FOLDER = new URL('../../weights/', import.meta.url)

/** Reads `models/weights/<id>/`. @throws ModelsError `unknown_backbone`, or what the file system says. */
export async function readBackbone(id: BackboneId): Promise<Backbone> {
  const graph = await readGraph(id)
  const bytes = await readFile(new URL(`${id}/weights.bin`, WEIGHTS_FOLDER))
  // Copied into a buffer of its own: a small file's bytes may sit at an odd offset of Node's shared pool.
  return { graph, weights: new Float32Array(Uint8Array.from(bytes).buffer) }
}

async function readGraph(id: BackboneId): Promise<Graph> {
  if (!BACKBONES.includes(id)) {
    throw new ModelsError(
      'unknown_backbone',
      'caller',
      `there is no backbone ${id}; choose one of ${BACKBONES.join(', ')}`,
    )
  }
  return JSON.parse(await readFile(new URL(`${id}/graph.json`, WEIGHTS_FOLDER), 'utf8')) as Graph
}

/** How many numbers a frame becomes: 4 x 4 cells x the channels of the backbone's last layer. */
export function featureLength({ output }: Graph): number {
  return GRID.cells * GRID.cells * output.channels
}

/** The same of a backbone that is not open. @throws ModelsError `unknown_backbone` */
export async function featureLengthOf(id: BackboneId): Promise<number> {
  return featureLength(await readGraph(id))
}

/** The values of one tensor: a view, not a copy. */
export function weightsOf(weights: Float32Array, slice: WeightSlice): Float32Array {
  const length = slice.shape.reduce((product, n) => product * n, 1)
  return weights.subarray(slice.at, slice.at + length)
}

/**
 * The map is averaged over a 4x4 grid of overlapping windows of 5x5, 3 apart, which covers the 14x14 of both backbones
 * exactly. A grid keeps where something is, and a fixed camera's states differ in one place of the picture.
 */
export const GRID = { cells: CELLS, window: 5, step: 3 } as const
