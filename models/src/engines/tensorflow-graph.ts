import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { type Backbone, type Convolution, GRID, weightsOf } from '../backbone/graph.ts'
import type { OpenedEngine } from './engine.ts'

/** TensorFlow.js with a backend chosen: ours, or the one a native package brings. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core')

/** A backbone in TensorFlow.js: the same operators on every backend. Its tensors live until `close`. */
export function openGraph(tf: TensorFlow, backbone: Backbone): OpenedEngine {
  const filters = new Map<string, { filter: Tensor4D; bias: Tensor }>()
  for (const layer of backbone.graph.layers) if (layer.kind !== 'add') filters.set(layer.name, tensorsOf(layer))

  return {
    async embed(rgb) {
      const features = tf.tidy(() => forward(rgb))
      const values = (await features.data()) as Float32Array
      features.dispose()
      return values
    },
    async close() {
      for (const { filter, bias } of filters.values()) tf.dispose([filter, bias])
    },
  }

  function forward(rgb: Uint8Array): Tensor {
    const { size, mean, deviation } = backbone.graph.input
    const pixels = tf.tensor4d(Float32Array.from(rgb), [1, size, size, 3])
    const maps = new Map<string, Tensor4D>([['input', tf.div(tf.sub(pixels, mean), deviation)]])
    const map = (name: string): Tensor4D => {
      const found = maps.get(name)
      if (!found)
        throw new Error(`layer ${name} is read before it is computed: weights/${backbone.graph.backbone} is damaged`)
      return found
    }
    let last = map('input')
    for (const layer of backbone.graph.layers) {
      last =
        layer.kind === 'add' ? tf.add(map(layer.inputs[0]), map(layer.inputs[1])) : convolve(layer, map(layer.input))
      maps.set(layer.name, last)
    }
    return tf.avgPool(last, GRID.window, GRID.step, 'valid')
  }

  function convolve({ kind, name, stride, relu6 }: Convolution, x: Tensor4D): Tensor4D {
    const { filter, bias } = filters.get(name) as { filter: Tensor4D; bias: Tensor }
    const run = kind === 'depthwise' ? tf.fused.depthwiseConv2d : tf.fused.conv2d
    return run({
      x,
      filter,
      bias,
      strides: stride,
      pad: 'same',
      activation: relu6 ? 'relu6' : 'linear',
    }) as Tensor4D
  }

  function tensorsOf({ filter, bias }: Convolution) {
    return {
      filter: tf.tensor4d(weightsOf(backbone.weights, filter), filter.shape as [number, number, number, number]),
      bias: tf.tensor1d(weightsOf(backbone.weights, bias)),
    }
  }
}
