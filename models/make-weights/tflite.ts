import { Table } from './flatbuffer.ts'
import { GraphWriter } from './graph-writer.ts'

/**
 * Reads a chain of float32 convolutions from a tflite file and cuts it after the layer whose output tensor's name
 * contains `cutAfter`. Field numbers and operator codes are those of tensorflow/lite/schema/schema.fbs.
 */
export function readTflite(file: Uint8Array, backbone: string, cutAfter: string) {
  const model = Table.root(file)
  const operatorCodes = model.tableVector(1).map((code) => Math.max(code.int8(0), code.int32(3)))
  const subgraph = first(model.tableVector(2), 'subgraph')
  const buffers = model.tableVector(4)
  const tensors = subgraph.tableVector(0).map((tensor) => ({
    shape: tensor.int32Vector(0),
    isFloat32: tensor.int8(1) === 0,
    buffer: tensor.int32(2),
    name: tensor.text(3),
  }))
  const writer = new GraphWriter()
  let input = 'input'
  let size = 224
  for (const operator of subgraph.tableVector(3)) {
    const code = operatorCodes[operator.int32(0)]
    if (code !== CONV_2D && code !== DEPTHWISE_CONV_2D) throw new Error(`operator ${code} stands before ${cutAfter}`)
    const depthwise = code === DEPTHWISE_CONV_2D
    const [, filter, bias] = operator.int32Vector(1).map((index) => floats(index))
    const output = tensors[operator.int32Vector(2)[0] ?? -1]?.name ?? ''
    if (!filter || !bias) throw new Error(`${output} has no filter or bias`)
    const options = operator.table(4)
    const stride = options.int32(1)
    if (options.int8(0) !== PADDING_SAME || options.int32(2) !== stride)
      throw new Error(`${output}: odd padding or stride`)
    const name = output.split('/').at(-2) ?? output
    writer.convolution({
      kind: depthwise ? 'depthwise' : 'convolution',
      name,
      input,
      stride,
      relu6: options.int8(depthwise ? 4 : 3) === ACTIVATION_RELU6,
      filter: depthwise ? depthwiseFilter(filter) : convolutionFilter(filter),
      bias: bias.values,
    })
    input = name
    size = Math.ceil(size / stride)
    if (output.includes(cutAfter)) return writer.finish(backbone, size)
  }
  throw new Error(`no layer named ${cutAfter}`)

  function floats(index: number): { shape: number[]; values: Float32Array } | null {
    const tensor = tensors[index]
    if (!tensor?.isFloat32) throw new Error(`tensor ${tensor?.name} is not float32`)
    const bytes = buffers[tensor.buffer]?.byteVector(0)
    return bytes?.length ? { shape: tensor.shape, values: new Float32Array(Uint8Array.from(bytes).buffer) } : null
  }
}

const CONV_2D = 3
const DEPTHWISE_CONV_2D = 4
const PADDING_SAME = 0
const ACTIVATION_RELU6 = 3

/** tflite `[out, height, width, in]` to ours `[height, width, in, out]`. */
function convolutionFilter({ shape, values }: { shape: number[]; values: Float32Array }) {
  const [out = 0, height = 0, width = 0, channels = 0] = shape
  const inner = height * width * channels
  const moved = new Float32Array(values.length)
  for (let o = 0; o < out; o++) for (let i = 0; i < inner; i++) moved[i * out + o] = values[o * inner + i] as number
  return { shape: [height, width, channels, out], values: moved }
}

/** tflite `[1, height, width, channels]` to ours `[height, width, channels, 1]`: the values stand the same way. */
function depthwiseFilter({ shape, values }: { shape: number[]; values: Float32Array }) {
  const [, height = 0, width = 0, channels = 0] = shape
  return { shape: [height, width, channels, 1], values }
}

function first<T>(list: T[], what: string): T {
  const [item] = list
  if (item === undefined) throw new Error(`the file has no ${what}`)
  return item
}
