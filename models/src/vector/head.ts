import type { VectorView } from './view.ts'

/** What training on vectors makes: for each part of a reading a small dense network, and one for all parts together. */
export interface VectorHead {
  /** In the order of the networks' outputs. */
  states: string[]
  view: VectorView
  /** One for each part of the view, in their order, then `fused`, which the state is told by; of a view of one part only that. */
  estimators: Estimator[]
  novelty: VectorNovelty
}

/** A dense network: inputs are standardised, each layer but the last ends in ReLU, the last in softmax. */
export interface Estimator {
  /** The part's name, or `fused`. */
  name: string
  /** `[inputs]` each; an input is (value - mean) * factor. */
  mean: Float32Array
  factor: Float32Array
  layers: DenseLayer[]
}

export interface DenseLayer {
  /** `[inputs, outputs]`, row by row. */
  kernel: Float32Array
  /** `[outputs]` */
  bias: Float32Array
}

/** Tells readings unlike all that was learned from: the sender moved, or the room is another one. */
export interface VectorNovelty {
  /** `[prototypes, inputs]`, standardised as those of `fused`. */
  prototypes: Float32Array
  /** A reading that is farther than this from its nearest prototype is unlike the training. */
  threshold: number
}

/** What is said of a reading besides its state. */
export interface VectorDetails {
  /** Where all states are numbers: the mean of these, each counted by its probability; else null. */
  expected: number | null
  /** The numbers between which the true one lies with a probability of 90 %, as far as the model knows; else null. */
  interval: { low: number; high: number } | null
  /** What each estimator says, by its name; `probabilities` in the order of the model's states. */
  estimators: Record<string, { state: string; confidence: number; probabilities: number[] }>
}

/** The states' numbers where every state is one (`0`, `15`, `90`): they are ordinal then. Else null. */
export function numbersOf(states: readonly string[]): number[] | null {
  return states.every((state) => /^\d+$/.test(state)) ? states.map(Number) : null
}
