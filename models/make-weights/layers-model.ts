import { GraphWriter } from './graph-writer.ts'

/** What we read of TensorFlow.js' `model.json` (format of Keras 2: layers with inbound nodes). */
export interface LayersModelJson {
  modelTopology: { config: { layers: KerasLayer[] } }
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string }[] }[]
}

interface KerasLayer {
  class_name: string
  config: {
    name: string
    layers?: KerasLayer[]
    padding?: string | [[number, number], [number, number]]
    strides?: [number, number]
    epsilon?: number
    max_value?: number
  }
  inbound_nodes?: [string, ...unknown[]][][]
}

/**
 * Reads MobileNetV2 from a TensorFlow.js layers model, folds every batch normalisation, padding and ReLU6 into the
 * convolution before it, and cuts after the layer named `cutAfter`.
 */
export function readLayersModel(json: LayersModelJson, file: Uint8Array, backbone: string, cutAfter: string) {
  const weights = namedWeights(json, file)
  const writer = new GraphWriter()
  const sizes = new Map([['input', 224]])
  // A Keras layer that is folded away stands for the layer of ours that has its value.
  const standsFor = new Map<string, string>()
  const layers = backboneLayers(json.modelTopology.config.layers)
  for (const [index, layer] of layers.entries()) {
    const { name, strides = [1, 1] } = layer.config
    const inputs = (layer.inbound_nodes?.[0] ?? []).map(([from]) => standsFor.get(from) ?? from)
    const [input = 'input', second = ''] = inputs
    const size = sizes.get(input) ?? 0
    switch (layer.class_name) {
      case 'InputLayer':
        standsFor.set(name, 'input')
        break
      case 'ZeroPadding2D':
        // One row and column after, before a stride of 2 on an even map: exactly what SAME does there.
        if (JSON.stringify(layer.config.padding) !== '[[0,1],[0,1]]') throw new Error(`${name}: unknown padding`)
        standsFor.set(name, input)
        break
      case 'BatchNormalization':
      case 'ReLU':
        standsFor.set(name, input)
        break
      case 'Add':
        writer.add(name, [input, second])
        sizes.set(name, size)
        break
      case 'Conv2D':
      case 'DepthwiseConv2D': {
        const depthwise = layer.class_name === 'DepthwiseConv2D'
        const normalisation = layers[index + 1]
        if (normalisation?.class_name !== 'BatchNormalization') throw new Error(`${name} has no batch normalisation`)
        const filter = weights(`${name}/${depthwise ? 'depthwise_kernel' : 'kernel'}`)
        const stride = strides[0]
        writer.convolution({
          kind: depthwise ? 'depthwise' : 'convolution',
          name,
          input,
          stride,
          relu6: layers[index + 2]?.class_name === 'ReLU' && layers[index + 2]?.config.max_value === 6,
          ...foldNormalisation(
            filter,
            depthwise,
            normalisation.config.epsilon ?? 0,
            (part) => weights(`${normalisation.config.name}/${part}`).values,
          ),
        })
        sizes.set(name, Math.ceil(size / stride))
        break
      }
      default:
        throw new Error(`${name}: a ${layer.class_name} stands before ${cutAfter}`)
    }
    if (name === cutAfter) return writer.finish(backbone, sizes.get(standsFor.get(name) ?? name) ?? 0)
  }
  throw new Error(`no layer named ${cutAfter}`)
}

/** The export nests the backbone: Sequential [Sequential [Model [layers...], pooling], classifier]. */
function backboneLayers(layers: KerasLayer[]): KerasLayer[] {
  const inner = layers[0]?.config.layers
  return inner ? backboneLayers(inner) : layers
}

function namedWeights(json: LayersModelJson, file: Uint8Array) {
  const all = new Float32Array(Uint8Array.from(file).buffer)
  const found = new Map<string, { shape: number[]; values: Float32Array }>()
  let at = 0
  for (const { name, shape, dtype } of json.weightsManifest.flatMap((group) => group.weights)) {
    if (dtype !== 'float32') throw new Error(`weight ${name} is ${dtype}, not float32`)
    const length = shape.reduce((product, n) => product * n, 1)
    found.set(name, { shape, values: all.subarray(at, at + length) })
    at += length
  }
  return (name: string) => {
    const weight = found.get(name)
    if (!weight) throw new Error(`the file has no weight ${name}`)
    return weight
  }
}

/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta is linear, so it goes into the filter and a bias. */
function foldNormalisation(
  filter: { shape: number[]; values: Float32Array },
  depthwise: boolean,
  epsilon: number,
  part: (name: string) => Float32Array,
) {
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(part) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const scale = gamma.map((g, i) => g / Math.sqrt((variance[i] as number) + epsilon))
  // Output channels are the fastest axis of both filters: [h, w, in, out] and [h, w, channels, 1].
  const channels = depthwise ? (filter.shape[2] ?? 0) : (filter.shape[3] ?? 0)
  return {
    filter: { shape: filter.shape, values: filter.values.map((v, i) => v * (scale[i % channels] as number)) },
    bias: beta.map((b, i) => b - (mean[i] as number) * (scale[i] as number)),
  }
}
