import { startTensorFlow } from '../engines/tensorflow.ts'
import { ModelsError } from '../models-error.ts'
import { type Head, rooted } from './head.ts'
import { calibrateNovelty } from './novelty.ts'
import { fitRows, foldIntoGrid, rowLength, toRow } from './rows.ts'
import type { Sample } from './sample.ts'

/** A state needs this many labelled frames before it can be learned. */
export const FEWEST_FRAMES = 2

export interface TrainOptions {
  /** The camera's states in order; samples of other states are refused. */
  states: string[]
  /** Kept with the model. Training draws nothing at random (it starts at zero and sees all samples at once). */
  seed?: number
  /** Called after each epoch, `epoch` counting from 1. */
  onProgress?: (epoch: number, epochs: number, loss: number) => void
  /** Ends training between two epochs with `cancelled`. */
  signal?: AbortSignal
}

export interface TrainedHead extends Head {
  /** Epochs it took, and the loss at the end. */
  epochs: number
  loss: number
}

/**
 * Trains the dense softmax head of one camera on cached embeddings: weighted so that each state counts the same however
 * many frames it has, and stopped when it learns no more.
 * @throws ModelsError `too_few_states` | `too_few_frames` | `bad_samples` | `cancelled`
 */
export async function trainHead(samples: Sample[], options: TrainOptions): Promise<TrainedHead> {
  const { states, signal } = options
  checkSamples(samples, states)
  const tf = await startTensorFlow()
  const { layers, regularizers, sequential } = await import('@tensorflow/tfjs-layers')

  const grids = samples.flatMap((sample) => sample.features.map(rooted))
  const labels = samples.flatMap((sample) => sample.features.map(() => states.indexOf(sample.state)))
  const scaling = fitRows(grids, labels, states.length)
  const rows = grids.map((grid) => toRow(scaling, grid))

  const width = rowLength(scaling.channels)
  const model = sequential({
    layers: [
      layers.dense({
        inputShape: [width],
        units: states.length,
        activation: 'softmax',
        kernelInitializer: 'zeros',
        // Squared weights are summed in full here; the loss is a mean.
        kernelRegularizer: regularizers.l2({ l2: WEIGHT_DECAY / 2 }),
      }),
    ],
  })
  const optimizer = tf.train.momentum(LEARNING_RATE, MOMENTUM, true)
  model.compile({ optimizer, loss: 'categoricalCrossentropy' })
  const xs = tf.tensor2d(concatenated(rows, width), [rows.length, width])
  const ys = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), states.length), 'float32'))
  try {
    let epochs = 0
    let loss = Number.NaN
    let best = Number.POSITIVE_INFINITY
    let calm = 0
    await model.fit(xs, ys, {
      batchSize: rows.length,
      epochs: MOST_EPOCHS,
      shuffle: false,
      yieldEvery: 'never',
      classWeight: classWeights(labels, states.length),
      verbose: 0,
      callbacks: {
        onEpochEnd: (epoch, logs) => {
          const now = logs?.loss ?? Number.NaN
          epochs = epoch + 1
          loss = now
          calm = best - loss < LEAST_GAIN ? calm + 1 : 0
          if (calm === 0) best = loss
          options.onProgress?.(epochs, MOST_EPOCHS, loss)
          if (signal?.aborted || calm >= CALM_EPOCHS) model.stopTraining = true
        },
      },
    })
    if (signal?.aborted) throw new ModelsError('cancelled', 'caller', 'the training was cancelled')
    const [kernel, bias] = model.getWeights().map((weight) => weight.dataSync() as Float32Array)
    const folded = foldIntoGrid(scaling, kernel as Float32Array, bias as Float32Array)
    return { states: [...states], ...folded, novelty: calibrateNovelty(samples), epochs, loss }
  } finally {
    tf.dispose([xs, ys])
    model.dispose()
    optimizer.dispose()
  }
}

const WEIGHT_DECAY = 0.001
const LEARNING_RATE = 1
const MOMENTUM = 0.9
const MOST_EPOCHS = 200
/** Training stops when the loss has not fallen by this for so many epochs. */
const LEAST_GAIN = 1e-3
const CALM_EPOCHS = 10

function checkSamples(samples: Sample[], states: string[]): void {
  if (states.length < 2) {
    throw new ModelsError('too_few_states', 'caller', 'a camera needs at least two states; add the other one')
  }
  const length = samples[0]?.features[0]?.length ?? 0
  const counts = new Map(states.map((state) => [state, 0]))
  for (const { frame, state, features } of samples) {
    const count = counts.get(state)
    if (count === undefined) {
      throw new ModelsError('bad_samples', 'caller', `${frame} is labelled ${state}, which is no state of its camera`)
    }
    if (features.length === 0 || features.some((one) => one.length !== length || length % 16 !== 0)) {
      throw new ModelsError('bad_samples', 'us', `${frame} has no features or those of another backbone`)
    }
    counts.set(state, count + 1)
  }
  for (const [state, count] of counts) {
    if (count < FEWEST_FRAMES) {
      throw new ModelsError(
        'too_few_frames',
        'caller',
        `${state} has ${count} labelled frames and needs at least ${FEWEST_FRAMES} (20 are good): label more frames of ${state}`,
      )
    }
  }
}

/** Weights by which every state counts the same; their mean over all samples is 1. */
function classWeights(labels: number[], states: number): Record<number, number> {
  const counts = new Array<number>(states).fill(0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return Object.fromEntries(counts.map((count, state) => [state, labels.length / states / count]))
}

function concatenated(rows: Float32Array[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    all.set(row, i * width)
  })
  return all
}
