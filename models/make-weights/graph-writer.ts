import type { Convolution, Graph, Layer, WeightSlice } from '../src/backbone/graph.ts'

/** One convolution as a source file tells it, its values not yet in `weights.bin`. */
export interface SourceConvolution {
  kind: Convolution['kind']
  name: string
  input: string
  stride: number
  relu6: boolean
  filter: { shape: number[]; values: Float32Array }
  bias: Float32Array
}

/** Collects layers in order and lays their weights back to back. */
export class GraphWriter {
  readonly layers: Layer[] = []
  readonly #tensors: Float32Array[] = []
  #length = 0

  convolution({ filter, bias, ...layer }: SourceConvolution): void {
    this.layers.push({
      ...layer,
      filter: this.#append(filter.shape, filter.values),
      bias: this.#append([bias.length], bias),
    })
  }

  add(name: string, inputs: [string, string]): void {
    this.layers.push({ kind: 'add', name, inputs })
  }

  /** `outputSize` is the height and width of the last layer's map. */
  finish(backbone: string, outputSize: number): { graph: Graph; weights: Float32Array } {
    const last = this.layers.findLast((layer) => layer.kind !== 'add') as Convolution
    const channels = last.bias.shape[0] ?? 0
    const weights = new Float32Array(this.#length)
    let at = 0
    for (const tensor of this.#tensors) {
      weights.set(tensor, at)
      at += tensor.length
    }
    return {
      graph: {
        backbone,
        // Both sources were trained on pictures scaled to -1..1.
        input: { size: 224, mean: 127.5, deviation: 127.5 },
        layers: this.layers,
        output: { height: outputSize, width: outputSize, channels },
      },
      weights,
    }
  }

  #append(shape: number[], values: Float32Array): WeightSlice {
    const slice = { shape, at: this.#length }
    this.#tensors.push(values)
    this.#length += values.length
    return slice
  }
}
