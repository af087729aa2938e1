import type { DenseLayer, Estimator, VectorHead } from '../vector/head.ts'
import { estimatorsOf } from '../vector/train.ts'
import { embeddedLength, type PartRange, type VectorView } from '../vector/view.ts'
import { check } from './checks.ts'
import { type EstimatorShape, WEIGHTS } from './manifest.ts'

/**
 * The networks of a sensor as one TensorFlow.js LayersModel with an output for each estimator, in their order, the one
 * that tells the state last. Its input is what `embedVector` gives; a layer of batch normalisation standardises it. An
 * estimator of one part has weights of zero for all other inputs.
 */

interface Weight {
  name: string
  shape: number[]
  dtype: 'float32'
}

export function shapesOf({ estimators }: VectorHead): EstimatorShape[] {
  return estimators.map(({ name, layers }) => ({ name, layers: layers.map(({ bias }) => bias.length) }))
}

/** The `model.json` that `tf.loadLayersModel` reads. */
export function vectorTopology(view: VectorView, shapes: EstimatorShape[]): object {
  const inputs = embeddedLength(view)
  const after = (layer: string) => [[[layer, 0, 0, {}]]]
  const layers: object[] = [
    {
      class_name: 'InputLayer',
      name: INPUT,
      config: { batch_input_shape: [null, inputs], dtype: 'float32', sparse: false, name: INPUT },
      inbound_nodes: [],
    },
    {
      class_name: 'BatchNormalization',
      name: STANDARDISE,
      config: { name: STANDARDISE, trainable: false, axis: -1, momentum: 0.99, epsilon: 0, center: false, scale: true },
      inbound_nodes: after(INPUT),
    },
  ]
  const outputs: string[] = []
  for (const shape of shapes) {
    let before = STANDARDISE
    shape.layers.forEach((units, i) => {
      const isLast = i === shape.layers.length - 1
      const name = layerName(shape, i)
      const activation = isLast ? 'softmax' : 'relu'
      layers.push({
        class_name: 'Dense',
        name,
        config: { name, trainable: true, dtype: 'float32', units, activation, use_bias: true },
        inbound_nodes: after(before),
      })
      if (isLast) outputs.push(name)
      before = name
    })
  }
  return {
    format: 'layers-model',
    generatedBy: 'ajar',
    convertedBy: null,
    modelTopology: {
      class_name: 'Model',
      config: {
        name: 'head',
        layers,
        input_layers: [[INPUT, 0, 0]],
        output_layers: outputs.map((name) => [name, 0, 0]),
      },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: [`./${WEIGHTS}`], weights: weightsOf(inputs, shapes) }],
  }
}

/** All weights in the order of the topology. */
export function vectorWeights({ view, estimators }: VectorHead): Float32Array[] {
  const inputs = embeddedLength(view)
  const all = estimators.at(-1) as Estimator
  const [whole, ranges] = [estimatorsOf(view), new Map(estimatorsOf(view).map((range) => [range.name, range]))]
  return [
    ...[all.factor, all.mean, new Float32Array(inputs).fill(1)],
    ...estimators.flatMap(({ name, layers }) =>
      layers.flatMap(({ kernel, bias }, i) => {
        const range = (i === 0 && ranges.get(name)) || whole.at(-1)
        return [i === 0 ? padded(kernel, bias.length, inputs, range as PartRange) : kernel, bias]
      }),
    ),
  ]
}

/** What the weights' file says, once it is known to have as many values as it should. */
export function vectorHeadOf(
  states: string[],
  view: VectorView,
  shapes: EstimatorShape[],
  values: Float32Array,
): Omit<VectorHead, 'novelty'> {
  const inputs = embeddedLength(view)
  const ranges = estimatorsOf(view)
  const names = ranges.map(({ name }) => name)
  check(
    JSON.stringify(shapes.map(({ name }) => name)) === JSON.stringify(names),
    `it has other estimators than ${names.join(', ')}, which its view asks for`,
  )
  check(
    shapes.every(({ layers }) => layers.at(-1) === states.length),
    `an estimator does not end in ${states.length} states`,
  )
  const expected = weightsOf(inputs, shapes).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  check(
    values.length === expected,
    `${WEIGHTS} has ${values.length} values, and ${inputs} inputs and ${states.length} states need ${expected}`,
  )
  let at = 0
  const take = (count: number) => {
    at += count
    return values.slice(at - count, at)
  }
  const [factor, mean, variance] = [take(inputs), take(inputs), take(inputs)]
  check(
    variance.every((one) => one === 1),
    `${WEIGHTS} scales its inputs twice`,
  )
  const estimators = shapes.map(({ name, layers }, i): Estimator => {
    const { from, to } = ranges[i] as PartRange
    let width = inputs
    const dense = layers.map((units, layer): DenseLayer => {
      const kernel = take(width * units)
      width = units
      const bias = take(units)
      if (layer > 0) return { kernel, bias }
      const others = [...kernel.subarray(0, from * units), ...kernel.subarray(to * units)]
      check(
        others.every((one) => one === 0),
        `${WEIGHTS} lets ${name} see other parts`,
      )
      return { kernel: kernel.slice(from * units, to * units), bias }
    })
    return { name, mean: mean.slice(from, to), factor: factor.slice(from, to), layers: dense }
  })
  return { states, view, estimators }
}

const INPUT = 'reading'
const STANDARDISE = 'standardise'

function layerName({ name, layers }: EstimatorShape, i: number): string {
  return i === layers.length - 1 ? `state_${name}` : `hidden_${name}_${i + 1}`
}

function weightsOf(inputs: number, shapes: EstimatorShape[]): Weight[] {
  const weight = (name: string, ...shape: number[]): Weight => ({ name, shape, dtype: 'float32' })
  return [
    ...['gamma', 'moving_mean', 'moving_variance'].map((name) => weight(`${STANDARDISE}/${name}`, inputs)),
    ...shapes.flatMap((shape) =>
      shape.layers.flatMap((units, i) => [
        weight(`${layerName(shape, i)}/kernel`, i === 0 ? inputs : (shape.layers[i - 1] as number), units),
        weight(`${layerName(shape, i)}/bias`, units),
      ]),
    ),
  ]
}

function padded(kernel: Float32Array, units: number, inputs: number, { from }: PartRange): Float32Array {
  const whole = new Float32Array(inputs * units)
  whole.set(kernel, from * units)
  return whole
}
