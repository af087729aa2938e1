/**
 * Gradient descent of a dense softmax layer with weight decay, momentum (Nesterov) and early stopping, all rows at once
 * from weights of zero: what `model.fit` of TensorFlow.js does, which a test holds it against.
 *
 * Every step adds a mixture of the rows to the weights, so the weights are always such a mixture: W = Xt A. With few
 * rows the descent therefore runs on A and on the rows' products with one another, which are found once: 80 rows of
 * thousands of values take milliseconds. With many rows it runs on W itself, in memory no larger than the rows.
 */

export interface Examples {
  /** `[labels.length, width]` */
  rows: Float32Array
  width: number
  /** The state of each row, counted from 0. */
  labels: number[]
  states: number
}

export interface DescentOptions {
  /** Called after each epoch, `epoch` counting from 1; where it answers false the descent ends. */
  onEpoch?: (epoch: number, epochs: number, loss: number) => boolean
  /** From so many rows on it runs on the weights. */
  manyRows?: number
}

export interface Descended {
  /** `[width, states]` */
  weights: Float32Array
  /** `[states]` */
  bias: Float32Array
  epochs: number
  loss: number
}

const WEIGHT_DECAY = 0.001
const LEARNING_RATE = 1
const MOMENTUM = 0.9
const MOST_EPOCHS = 200
/** It stops when the loss has not fallen by this for so many epochs. */
const LEAST_GAIN = 1e-3
const CALM_EPOCHS = 10
/** About where both ways take the same time. */
const MANY_ROWS = 900

/** What is descended on, `[size, states]`, and how it becomes scores of rows and is changed by their errors. */
interface Course {
  size: number
  /** Fills `[rows, states]` from the parameters. */
  scores(parameters: Float64Array, into: Float64Array): void
  /** Fills `[size, states]` from errors `[rows, states]`. */
  gradient(errors: Float64Array, into: Float64Array): void
  /** Sum of the squared weights, given scores without bias. */
  squares(parameters: Float64Array, scores: Float64Array): number
  weights(parameters: Float64Array): Float32Array
}

export function descend(examples: Examples, { onEpoch, manyRows = MANY_ROWS }: DescentOptions = {}): Descended {
  const { labels, states } = examples
  const count = labels.length
  const course = count < manyRows ? onMixture(examples) : onWeights(examples)
  const importance = classWeights(labels, states)
  const parameters = new Float64Array(course.size * states)
  const momentum = new Float64Array(parameters.length)
  const gradient = new Float64Array(parameters.length)
  const bias = new Float64Array(states)
  const biasMomentum = new Float64Array(states)
  const scores = new Float64Array(count * states)
  const errors = new Float64Array(count * states)
  let loss = Number.NaN
  let best = Number.POSITIVE_INFINITY
  let epochs = 0
  for (let calm = 0; epochs < MOST_EPOCHS && calm < CALM_EPOCHS; ) {
    course.scores(parameters, scores)
    const decayed = (WEIGHT_DECAY / 2) * course.squares(parameters, scores)
    loss = decayed + errorsOf(scores, bias, labels, importance, errors)
    course.gradient(errors, gradient)
    for (let i = 0; i < gradient.length; i++)
      gradient[i] = (gradient[i] as number) + WEIGHT_DECAY * (parameters[i] as number)
    step(parameters, momentum, gradient)
    step(bias, biasMomentum, columnSums(errors, states))
    epochs += 1
    calm = best - loss < LEAST_GAIN ? calm + 1 : 0
    if (calm === 0) best = loss
    if (onEpoch?.(epochs, MOST_EPOCHS, loss) === false) break
  }
  return { weights: course.weights(parameters), bias: Float32Array.from(bias), epochs, loss }
}

/** Weights by which every state counts the same however many frames it has; their mean over all rows is 1. */
function classWeights(labels: number[], states: number): number[] {
  const counts = new Array<number>(states).fill(0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return counts.map((count) => labels.length / states / count)
}

/** Fills `errors` with the loss's slope by each score. @returns the loss */
function errorsOf(
  scores: Float64Array,
  bias: Float64Array,
  labels: number[],
  importance: number[],
  errors: Float64Array,
): number {
  const states = bias.length
  let loss = 0
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number
    const weight = (importance[label] as number) / labels.length
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < states; k++) most = Math.max(most, at(scores, i * states + k) + at(bias, k))
    let sum = 0
    for (let k = 0; k < states; k++) {
      const power = Math.exp(at(scores, i * states + k) + at(bias, k) - most)
      errors[i * states + k] = power
      sum += power
    }
    for (let k = 0; k < states; k++) {
      const probability = at(errors, i * states + k) / sum
      if (k === label) loss -= weight * Math.log(Math.max(probability, Number.MIN_VALUE))
      errors[i * states + k] = weight * (probability - (k === label ? 1 : 0))
    }
  }
  return loss
}

/** Nesterov's momentum as TensorFlow has it: one more step along the new momentum. */
function step(values: Float64Array, momentum: Float64Array, gradient: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const moved = MOMENTUM * at(momentum, i) + at(gradient, i)
    momentum[i] = moved
    values[i] = at(values, i) - LEARNING_RATE * (at(gradient, i) + MOMENTUM * moved)
  }
}

function onMixture({ rows, width, labels, states }: Examples): Course {
  const count = labels.length
  const products = productsOf(rows, width, count)
  return {
    size: count,
    scores: (mixture, into) => multiply(products, count, count, mixture, states, into),
    gradient: (errors, into) => into.set(errors),
    squares: (mixture, scores) => mixture.reduce((sum, value, i) => sum + value * at(scores, i), 0),
    weights: (mixture) => Float32Array.from(multiplyTransposed(rows, count, width, mixture, states)),
  }
}

function onWeights({ rows, width, labels, states }: Examples): Course {
  const count = labels.length
  return {
    size: width,
    scores: (weights, into) => multiply(rows, count, width, weights, states, into),
    gradient: (errors, into) => into.set(multiplyTransposed(rows, count, width, errors, states)),
    squares: (weights) => weights.reduce((sum, value) => sum + value * value, 0),
    weights: (weights) => Float32Array.from(weights),
  }
}

/** `[count, count]`: each row times each. */
function productsOf(rows: Float32Array, width: number, count: number): Float64Array {
  const products = new Float64Array(count * count)
  const even = width - (width % 4)
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      // Four sums at once: the processor need not wait for one to be added to.
      let [a, b, c, d] = [0, 0, 0, 0]
      let [x, y] = [i * width, j * width]
      for (const end = x + even; x < end; x += 4, y += 4) {
        a += (rows[x] as number) * (rows[y] as number)
        b += (rows[x + 1] as number) * (rows[y + 1] as number)
        c += (rows[x + 2] as number) * (rows[y + 2] as number)
        d += (rows[x + 3] as number) * (rows[y + 3] as number)
      }
      for (let k = even; k < width; k++, x++, y++) a += (rows[x] as number) * (rows[y] as number)
      products[i * count + j] = products[j * count + i] = a + b + c + d
    }
  return products
}

/** `[height, width]` times `[width, columns]`. */
function multiply(
  left: Float64Array | Float32Array,
  height: number,
  width: number,
  right: Float64Array,
  columns: number,
  into: Float64Array,
): void {
  for (let i = 0; i < height; i++)
    for (let k = 0; k < columns; k++) {
      let sum = 0
      for (let j = 0, x = i * width, y = k; j < width; j++, x++, y += columns)
        sum += (left[x] as number) * (right[y] as number)
      into[i * columns + k] = sum
    }
}

/** The transpose of `[height, width]` times `[height, columns]`. */
function multiplyTransposed(left: Float32Array, height: number, width: number, right: Float64Array, columns: number) {
  const product = new Float64Array(width * columns)
  for (let i = 0; i < height; i++)
    for (let k = 0; k < columns; k++) {
      const factor = at(right, i * columns + k)
      for (let j = 0, x = i * width, y = k; j < width; j++, x++, y += columns)
        product[y] = (product[y] as number) + (left[x] as number) * factor
    }
  return product
}

function columnSums(values: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns)
  for (let i = 0; i < values.length; i++) sums[i % columns] = at(sums, i % columns) + at(values, i)
  return sums
}

function at(values: Float64Array | number[], index: number): number {
  return values[index] as number
}
