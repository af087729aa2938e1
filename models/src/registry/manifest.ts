import { createHash } from 'node:crypto'
import type { Head } from '../head/head.ts'
import type { VectorView } from '../vector/view.ts'
import type { Model } from './model.ts'

/** How an estimator is described in the manifest. */
export interface EstimatorShape {
  name: string
  /** Units of each layer; the last has one for each state. */
  layers: number[]
}

/** `manifest.json` of a saved model; the numbers and the test set stand in the other files. */
export interface Manifest extends Omit<Model, 'head' | 'testSet' | 'view'> {
  /**
   * Of this layout. Format 1, which is still read, had a box for a region, no parent, no test set, and its verdict in the
   * evaluation. Format 3 is that of models of vectors, which have a view and estimators.
   */
  format: 2 | 3
  states: string[]
  /** `channels`: how long a prototype is. */
  novelty: { channels: number; threshold: number }
  view?: VectorView
  estimators?: EstimatorShape[]
  /** sha256 of every other file of the folder. */
  files: Record<string, string>
}

export const MANIFEST = 'manifest.json'
/** The head as a TensorFlow.js LayersModel: one dense softmax layer on the square roots of the features, or `vector-files`. */
export const TOPOLOGY = 'model.json'
/** float32, little endian: kernel `[features, states]`, then bias `[states]`; of vectors in the order of the topology. */
export const WEIGHTS = 'weights.bin'
/** float32, little endian: the novelty check's prototypes. */
export const NOVELTY = 'novelty.bin'

/** The frames by which it was judged. */
export const TEST_SET = 'test-set.json'

/** Every file of a model. */
export const MODEL_FILES: readonly string[] = [MANIFEST, TOPOLOGY, WEIGHTS, NOVELTY, TEST_SET]

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The `model.json` that `tf.loadLayersModel` reads. */
export function layersModel({ states, weights }: Head): object {
  const features = weights.length / states.length
  return {
    format: 'layers-model',
    generatedBy: 'ajar',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'head',
        layers: [
          {
            class_name: 'Dense',
            config: {
              name: 'state',
              trainable: true,
              batch_input_shape: [null, features],
              dtype: 'float32',
              units: states.length,
              activation: 'softmax',
              use_bias: true,
            },
          },
        ],
      },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [
      {
        paths: [`./${WEIGHTS}`],
        weights: [
          { name: 'state/kernel', shape: [features, states.length], dtype: 'float32' },
          { name: 'state/bias', shape: [states.length], dtype: 'float32' },
        ],
      },
    ],
  }
}
