import { type Addition, type Backbone, type Convolution, GRID, weightsOf } from '../backbone/graph.ts'
import { Message } from './protobuf.ts'

/**
 * A backbone as an ONNX ModelProto in memory: `pixels` (uint8 `[1, size, size, 3]`) in, `features` (float32
 * `[1, 4, 4, channels]`) out. Field numbers are those of onnx/onnx.proto3, operators those of opset 13.
 */
export function onnxModel({ graph, weights }: Backbone): Uint8Array {
  const { size, mean, deviation } = graph.input
  const last = graph.layers.at(-1)?.name ?? 'input'
  const onnx = new Message()
  const tensor = (name: string, shape: number[], values: Float32Array) =>
    onnx.message(GRAPH_INITIALIZER, tensorProto(name, shape, values))
  const node = (operator: string, inputs: string[], output: string, attributes: Message[] = []) =>
    onnx.message(GRAPH_NODE, nodeProto(operator, inputs, output, attributes))

  tensor('mean', [1], Float32Array.of(mean))
  tensor('deviation', [1], Float32Array.of(deviation))
  tensor('zero', [], Float32Array.of(0))
  tensor('six', [], Float32Array.of(6))

  // From bytes of height x width x channel to the floats of channel x height x width that ONNX convolutions take.
  node('Cast', ['pixels'], 'floats', [intAttribute('to', DATA_FLOAT)])
  node('Sub', ['floats', 'mean'], 'centred')
  node('Div', ['centred', 'deviation'], 'scaled')
  node('Transpose', ['scaled'], 'input', [intsAttribute('perm', [0, 3, 1, 2])])
  for (const layer of graph.layers) layer.kind === 'add' ? addition(layer) : convolution(layer)
  node('AveragePool', [last], 'grid', [
    intsAttribute('kernel_shape', [GRID.window, GRID.window]),
    intsAttribute('strides', [GRID.step, GRID.step]),
  ])
  node('Transpose', ['grid'], 'features', [intsAttribute('perm', [0, 2, 3, 1])])

  onnx.text(GRAPH_NAME, graph.backbone)
  onnx.message(GRAPH_INPUT, valueInfo('pixels', DATA_UINT8, [1, size, size, 3]))
  onnx.message(GRAPH_OUTPUT, valueInfo('features', DATA_FLOAT, [1, GRID.cells, GRID.cells, graph.output.channels]))
  return new Message()
    .int(MODEL_IR_VERSION, 7)
    .message(MODEL_OPSET, new Message().int(OPSET_VERSION, 13))
    .message(MODEL_GRAPH, onnx)
    .encode()

  function addition({ name, inputs }: Addition): void {
    node('Add', inputs, name)
  }

  function convolution({ name, input, kind, stride, relu6, filter, bias }: Convolution): void {
    const [height = 1, width = 1, channels = 1, out = 1] = filter.shape
    const values = weightsOf(weights, filter)
    const depthwise = kind === 'depthwise'
    // ONNX filters are [out, in / group, height, width]; a depthwise filter is one group per channel.
    const [outer, inner] = depthwise ? [channels, 1] : [out, channels]
    tensor(`${name}/filter`, [outer, inner, height, width], transposed(values, height * width, inner, outer))
    tensor(`${name}/bias`, bias.shape, weightsOf(weights, bias))
    const linear = relu6 ? `${name}/linear` : name
    node('Conv', [input, `${name}/filter`, `${name}/bias`], linear, [
      intsAttribute('kernel_shape', [height, width]),
      intsAttribute('strides', [stride, stride]),
      textAttribute('auto_pad', 'SAME_UPPER'),
      intAttribute('group', depthwise ? channels : 1),
    ])
    if (relu6) node('Clip', [linear, 'zero', 'six'], name)
  }
}

/** `[cells, inner, outer]` to `[outer, inner, cells]`. */
function transposed(values: Float32Array, cells: number, inner: number, outer: number): Float32Array {
  const moved = new Float32Array(values.length)
  for (let cell = 0; cell < cells; cell++)
    for (let i = 0; i < inner; i++)
      for (let o = 0; o < outer; o++)
        moved[(o * inner + i) * cells + cell] = values[(cell * inner + i) * outer + o] as number
  return moved
}

const MODEL_IR_VERSION = 1
const MODEL_GRAPH = 7
const MODEL_OPSET = 8
const OPSET_VERSION = 2
const GRAPH_NODE = 1
const GRAPH_NAME = 2
const GRAPH_INITIALIZER = 5
const GRAPH_INPUT = 11
const GRAPH_OUTPUT = 12
const DATA_FLOAT = 1
const DATA_UINT8 = 2
const ATTRIBUTE_INT = 2
const ATTRIBUTE_TEXT = 3
const ATTRIBUTE_INTS = 7

function nodeProto(operator: string, inputs: string[], output: string, attributes: Message[]): Message {
  const node = new Message()
  for (const input of inputs) node.text(1, input)
  node.text(2, output).text(3, output).text(4, operator)
  for (const attribute of attributes) node.message(5, attribute)
  return node
}

function intAttribute(name: string, value: number): Message {
  return new Message().text(1, name).int(3, value).int(20, ATTRIBUTE_INT)
}

function textAttribute(name: string, value: string): Message {
  return new Message().text(1, name).text(4, value).int(20, ATTRIBUTE_TEXT)
}

function intsAttribute(name: string, values: number[]): Message {
  const attribute = new Message().text(1, name).int(20, ATTRIBUTE_INTS)
  for (const value of values) attribute.int(8, value)
  return attribute
}

function tensorProto(name: string, shape: number[], values: Float32Array): Message {
  const tensor = new Message().int(2, DATA_FLOAT).text(8, name)
  for (const length of shape) tensor.int(1, length)
  return tensor.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

function valueInfo(name: string, type: number, shape: number[]): Message {
  const dimensions = new Message()
  for (const length of shape) dimensions.message(1, new Message().int(1, length))
  const tensor = new Message().int(1, type).message(2, dimensions)
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
}
