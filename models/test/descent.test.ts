import { layers, regularizers, sequential } from '@tensorflow/tfjs-layers'
import { expect, test } from 'vitest'
import { startTensorFlow } from '../src/engines/tensorflow.ts'
import { descend, type Examples } from '../src/head/descent.ts'
import { randomStream } from '../src/random.ts'

/** Rows of length about 1 in which the states differ a little, one of them rare. */
function examples(count: number, width: number, states: number, seed = 1): Examples {
  const random = randomStream(seed)
  const labels = Array.from({ length: count }, (_, i) => (i % 7 === 0 ? states - 1 : i % (states - 1)))
  const rows = Float32Array.from(
    { length: count * width },
    (_, i) =>
      ((random() - 0.5 + ((i % width) % states === labels[Math.floor(i / width)] ? 0.3 : 0)) * 3) / width ** 0.5,
  )
  return { rows, width, labels, states }
}

/** The same layer as TensorFlow.js itself trains it. */
async function theirs({ rows, width, labels, states }: Examples, epochs: number) {
  const tf = await startTensorFlow()
  const kernelRegularizer = regularizers.l2({ l2: 0.0005 })
  const start = { inputShape: [width], kernelInitializer: 'zeros' as const, kernelRegularizer }
  const model = sequential({ layers: [layers.dense({ ...start, units: states, activation: 'softmax' })] })
  model.compile({ optimizer: tf.train.momentum(1, 0.9, true), loss: 'categoricalCrossentropy' })
  const counts = Array.from({ length: states }, (_, state) => labels.filter((label) => label === state).length)
  const classWeight = Object.fromEntries(counts.map((count, state) => [state, labels.length / states / count]))
  const { history } = await model.fit(
    tf.tensor2d(rows, [labels.length, width]),
    tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), states), 'float32'),
    { batchSize: labels.length, epochs, shuffle: false, classWeight, verbose: 0 },
  )
  const [weights, bias] = model.getWeights().map((weight) => weight.dataSync() as Float32Array)
  return { weights, bias, loss: history.loss?.at(-1) as number }
}

const farthest = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0)

test.each([2, 3])(
  '%i states: the weights are those that TensorFlow.js comes to',
  { timeout: 60_000 },
  async (states) => {
    const given = examples(40, 173, states)
    const ours = descend(given)
    const reference = await theirs(given, ours.epochs)
    const size = Math.max(...ours.weights.map(Math.abs))
    expect(farthest(ours.weights, reference.weights)).toBeLessThan(0.002 * size)
    expect(farthest(ours.bias, reference.bias)).toBeLessThan(0.002 * size)
    expect(ours.loss).toBeCloseTo(reference.loss, 4)
  },
)

test('few rows and many rows are descended in two ways that come to the same', () => {
  const given = examples(30, 101, 3, 5)
  const [mixture, weights] = [descend(given), descend(given, { manyRows: 1 })]
  expect(weights.epochs).toBe(mixture.epochs)
  expect(farthest(weights.weights, mixture.weights)).toBeLessThan(1e-5)
  expect(farthest(weights.bias, mixture.bias)).toBeLessThan(1e-5)
})
