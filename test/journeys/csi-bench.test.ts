import { createRequire } from 'node:module'
import { csiView, type Sample } from '@ajar/models'
import { expect, test } from 'vitest'
import { drawing, majority, ours } from '../bench/csi.bench.ts'
import { blockSplit, type Packets, readPackets, samplesOf } from '../bench/csi-packets.ts'
import { adamOf, plainNet } from '../bench/plain-net.ts'

/** The benchmark of doors seen by radio in a short form: every third block, one seed; the bounds are loose. */

const DATA = process.env.AJAR_TEST_DATA ?? new URL('../../../shared/data', import.meta.url).pathname
const packets = await readPackets(DATA)

test.runIf(packets)('real packets tell a door better than the commonest angle does', { timeout: 240_000 }, async () => {
  const known = packets as Packets
  const split = blockSplit(known, 2)
  const samples: Sample[] = samplesOf(known, csiView())
  const { figures } = await ours(known, samples, split, { window: 1, seed: 1 })
  const { balanced } = majority(known, split)
  expect(balanced).toBeCloseTo(1 / 7, 6)
  for (const [name, figure] of Object.entries(figures)) expect(figure.balanced, name).toBeGreaterThan(1.5 * balanced)
})

test('the older network in plain arithmetic takes the steps that TensorFlow.js takes', {
  timeout: 60_000,
}, async () => {
  const library = createRequire(new URL('../../models/package.json', import.meta.url))
  const tf = await import(library.resolve('@tensorflow/tfjs-core'))
  await import(library.resolve('@tensorflow/tfjs-backend-cpu'))
  const { layers, sequential } = await import(library.resolve('@tensorflow/tfjs-layers'))
  await tf.setBackend('cpu')
  const random = drawing(3)
  const net = plainNet(6, 4, 3, random)
  const model = sequential({
    layers: [
      layers.dense({ units: 4, activation: 'relu', inputShape: [6] }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  })
  const [kernel, bias, last, lastBias] = net.weights.map((values) => Float32Array.from(values))
  model.setWeights([tf.tensor2d(kernel, [6, 4]), tf.tensor1d(bias), tf.tensor2d(last, [4, 3]), tf.tensor1d(lastBias)])
  model.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy' })
  const rows = Array.from({ length: 5 }, () => Float32Array.from({ length: 6 }, () => 4 * random() - 2))
  const labels = [0, 1, 2, 1, 0]
  const step = adamOf(net)
  const x = tf.tensor2d(rows.map((row) => [...row]))
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 3)
  for (let i = 0; i < 20; i++) {
    step(rows, labels, [0, 1, 2, 3, 4])
    await model.trainOnBatch(x, y)
  }
  const theirs = model.getWeights().map((one: { dataSync(): Float32Array }) => [...one.dataSync()])
  net.weights.forEach((own, i) => {
    own.forEach((value, j) => {
      expect(value).toBeCloseTo(theirs[i][j], 3)
    })
  })
})
