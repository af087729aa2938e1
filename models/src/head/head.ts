import type { VectorHead } from '../vector/head.ts'

/** What training makes: one dense softmax layer on a backbone's features, and how far from them is too far. */
export interface Head {
  /** In the order of the weights' columns. */
  states: string[]
  /** `[featureLength, states]`, row by row; it multiplies `rooted(features)`. */
  weights: Float32Array
  /** `[states]` */
  bias: Float32Array
  novelty: Novelty
}

/** Tells frames unlike all training frames: the camera moved, something stands before it, it is another camera. */
export interface Novelty {
  /** Length of one prototype: the backbone's channels. */
  channels: number
  /** `[prototypes, channels]`, unit vectors of training frames. */
  prototypes: Float32Array
  /** A frame farther (1 - cosine) than this from its nearest prototype is unlike the training frames. */
  threshold: number
}

/**
 * Square roots of features, which both backbones give as 0..6 (ReLU6): a few strong channels no longer drown the many
 * weak ones, so that a straight boundary fits histograms like these better (the Hellinger kernel; Arandjelovic and
 * Zisserman 2012, "Three things everyone should know to improve object retrieval").
 */
export function rooted(features: Float32Array): Float32Array {
  const roots = new Float32Array(features.length)
  for (let i = 0; i < features.length; i++) roots[i] = Math.sqrt(Math.max(features[i] as number, 0))
  return roots
}

/**
 * The same head with its scores divided by a temperature: it says the same states, each more or less surely. Of vectors it
 * is fitted on what the last estimator says, which tells the state, and applied to those of single parts too: they are
 * looked at beside it, and nothing is decided by how sure they are.
 */
export function tempered<Some extends Head | VectorHead>(head: Some, temperature: number): Some {
  const cooled = (values: Float32Array) => values.map((value) => value / temperature)
  if (!isOfVectors(head)) return { ...head, weights: cooled(head.weights), bias: cooled(head.bias) }
  const estimators = head.estimators.map((estimator) => ({
    ...estimator,
    layers: estimator.layers.map(({ kernel, bias }, i, { length }) =>
      i < length - 1 ? { kernel, bias } : { kernel: cooled(kernel), bias: cooled(bias) },
    ),
  }))
  return { ...head, estimators }
}

/** Whether a head tells states by vectors, not by pictures. */
export function isOfVectors(head: Head | VectorHead): head is VectorHead {
  return 'estimators' in head
}

export function softmax(scores: Float64Array): number[] {
  const most = Math.max(...scores)
  const powers = Array.from(scores, (score) => Math.exp(score - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
