import { startTensorFlow } from '../engines/tensorflow.ts'
import { ModelsError } from '../models-error.ts'
import { randomStream } from '../random.ts'
import type { DenseLayer } from './head.ts'
import { scoresOf } from './predict.ts'

/** What a network learns from: standardised looks, and which of them only tell it when to stop. */
export interface Lesson {
  /** `[labels.length, width]` */
  rows: Float32Array
  width: number
  /** The state of each row, counted from 0. */
  labels: Uint8Array
  states: number
  /** Rows to learn from, and rows to stop by; without any of the latter it stops after so many epochs. */
  learned: number[]
  held: number[]
}

export interface NetworkOptions {
  seed: number
  /** Called after each epoch, `epoch` counting from 1; where it answers false the training ends. */
  onEpoch?: (epoch: number, epochs: number, loss: number) => boolean
}

export interface TrainedNetwork {
  layers: DenseLayer[]
  epochs: number
  loss: number
}

const HIDDEN = 32
/** Of many rows more, so that an epoch is never more steps than this. */
const BATCH = 128
const MOST_STEPS = 16
const LEARNING_RATE = 0.002
const WEIGHT_DECAY = 0.01
const MOST_EPOCHS = 60
/** Where nothing can be held back to stop by. */
const BLIND_EPOCHS = 40
/** It stops when the held rows' loss has not fallen for so many epochs. */
const CALM_EPOCHS = 12

/**
 * Trains one dense network in TensorFlow.js: one hidden layer of ReLU, softmax at its end, Adam, weight decay, and the
 * weights of the epoch in which the held rows were told best. Each state counts the same however many rows it has. All
 * that is drawn (first weights, order of the rows) follows from the seed, so the same rows give the same network.
 * @throws ModelsError `cancelled`
 */
export async function trainNetwork(lesson: Lesson, { seed, onEpoch }: NetworkOptions): Promise<TrainedNetwork> {
  const tf = await startTensorFlow()
  const { initializers, layers, regularizers, sequential } = await import('@tensorflow/tfjs-layers')
  const { width, states, learned, held } = lesson
  const random = randomStream(seed)
  const dense = (units: number, activation: 'relu' | 'softmax', inputShape?: number[]) =>
    layers.dense({
      ...{ units, activation, ...(inputShape ? { inputShape } : {}) },
      kernelInitializer: initializers.glorotUniform({ seed: 1 + Math.floor(random() * 1e9) }),
      kernelRegularizer: regularizers.l2({ l2: WEIGHT_DECAY }),
    })
  const network = sequential({ layers: [dense(HIDDEN, 'relu', [width]), dense(states, 'softmax')] })
  const optimizer = tf.train.adam(LEARNING_RATE)
  network.compile({ optimizer, loss: 'categoricalCrossentropy' })
  const importance = importanceOf(lesson, learned)
  const size = Math.max(BATCH, Math.ceil(learned.length / MOST_STEPS))
  const epochs = held.length > 0 ? MOST_EPOCHS : BLIND_EPOCHS
  let best: TrainedNetwork = { layers: layersOf(), epochs: 0, loss: Number.POSITIVE_INFINITY }
  try {
    for (let epoch = 1; epoch <= epochs && epoch - best.epochs <= CALM_EPOCHS; epoch++) {
      const order = shuffled(learned, random)
      let loss = 0
      for (let at = 0; at < order.length; at += size) loss += await step(order.slice(at, at + size))
      loss = held.length > 0 ? lossOf(layersOf(), lesson, held) : loss / learned.length
      if (held.length === 0 || loss < best.loss) best = { layers: layersOf(), epochs: epoch, loss }
      if (onEpoch?.(epoch, epochs, loss) === false)
        throw new ModelsError('cancelled', 'caller', 'the training was cancelled')
    }
    return best
  } finally {
    network.dispose()
    optimizer.dispose()
  }

  async function step(batch: number[]): Promise<number> {
    const rows = new Float32Array(batch.length * width)
    const truth = new Float32Array(batch.length * states)
    batch.forEach((row, i) => {
      rows.set(lesson.rows.subarray(row * width, (row + 1) * width), i * width)
      const label = lesson.labels[row] as number
      truth[i * states + label] = importance[label] as number
    })
    const [x, y] = [tf.tensor2d(rows, [batch.length, width]), tf.tensor2d(truth, [batch.length, states])]
    try {
      return ((await network.trainOnBatch(x, y)) as number) * batch.length
    } finally {
      tf.dispose([x, y])
    }
  }

  function layersOf(): DenseLayer[] {
    return network.layers.map((layer) => {
      const [kernel, bias] = layer.getWeights().map((weights) => Float32Array.from(weights.dataSync()))
      return { kernel: kernel as Float32Array, bias: bias as Float32Array }
    })
  }
}

/** Weights by which every state counts the same; their mean over the rows is 1. */
function importanceOf({ labels, states }: Lesson, rows: number[]): number[] {
  const counts = new Array<number>(states).fill(0)
  for (const row of rows) counts[labels[row] as number] = (counts[labels[row] as number] as number) + 1
  return counts.map((count) => (count > 0 ? rows.length / states / count : 0))
}

/** Mean cross-entropy of rows, each state counting the same. */
function lossOf(layers: DenseLayer[], lesson: Lesson, rows: number[]): number {
  const importance = importanceOf(lesson, rows)
  let loss = 0
  for (const row of rows) {
    const scores = scoresOf({ layers }, lesson.rows.subarray(row * lesson.width, (row + 1) * lesson.width))
    const most = scores.reduce((a, b) => Math.max(a, b))
    const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0)
    const label = lesson.labels[row] as number
    loss += (importance[label] as number) * (Math.log(sum) + most - (scores[label] as number))
  }
  return loss / rows.length
}

function shuffled(list: number[], random: () => number): number[] {
  const order = [...list]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const one = order[i] as number
    order[i] = order[j] as number
    order[j] = one
  }
  return order
}
