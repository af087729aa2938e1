/**
 * One hidden layer of ReLU and softmax, trained by Adam on small batches from raw inputs: what the older back end did in
 * Keras, as plain arithmetic, for its 250 epochs of batches of five are a hundred thousand steps, which take TensorFlow.js
 * minutes each time. A test holds its first steps against TensorFlow.js.
 */
export interface PlainNet {
  /** `[inputs, hidden]`, `[hidden]`, `[hidden, states]`, `[states]` */
  weights: [Float64Array, Float64Array, Float64Array, Float64Array]
  inputs: number
  hidden: number
  states: number
}

export interface PlainTraining {
  hidden: number
  epochs: number
  batch: number
  random: () => number
}

const RATE = 0.001
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-7]

export function plainNet(inputs: number, hidden: number, states: number, random: () => number): PlainNet {
  const uniform = (rows: number, columns: number) => {
    const limit = Math.sqrt(6 / (rows + columns))
    return Float64Array.from({ length: rows * columns }, () => (2 * random() - 1) * limit)
  }
  const weights: PlainNet['weights'] = [
    uniform(inputs, hidden),
    new Float64Array(hidden),
    uniform(hidden, states),
    new Float64Array(states),
  ]
  return { weights, inputs, hidden, states }
}

export function trainPlain(rows: Float32Array[], labels: number[], states: number, training: PlainTraining): PlainNet {
  const { hidden, epochs, batch, random } = training
  const net = plainNet(rows[0]?.length ?? 0, hidden, states, random)
  const adam = adamOf(net)
  const order = rows.map((_, i) => i)
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[order[i], order[j]] = [order[j] as number, order[i] as number]
    }
    for (let at = 0; at < order.length; at += batch) adam(rows, labels, order.slice(at, at + batch))
  }
  return net
}

export type Step = (rows: Float32Array[], labels: number[], batch: number[]) => void

/** Takes one step along the mean slope of a batch at each call. */
export function adamOf(net: PlainNet): Step {
  const { weights, inputs, hidden, states } = net
  const [first, second] = [weights, weights].map((all) => all.map((one) => new Float64Array(one.length)))
  const slopes = weights.map((one) => new Float64Array(one.length)) as PlainNet['weights']
  const back = new Float64Array(hidden)
  let steps = 0
  return (rows, labels, batch) => {
    for (const slope of slopes) slope.fill(0)
    for (const index of batch) {
      const row = rows[index] as Float32Array
      const { middle, probabilities } = forward(net, row)
      back.fill(0)
      for (let k = 0; k < states; k++) {
        const error = ((probabilities[k] as number) - (labels[index] === k ? 1 : 0)) / batch.length
        add(slopes[3], k, error)
        for (let h = 0; h < hidden; h++) {
          add(slopes[2], h * states + k, error * (middle[h] as number))
          if ((middle[h] as number) > 0) add(back, h, error * (weights[2][h * states + k] as number))
        }
      }
      for (let h = 0; h < hidden; h++) add(slopes[1], h, back[h] as number)
      for (let i = 0; i < inputs; i++)
        for (let h = 0; h < hidden; h++) add(slopes[0], i * hidden + h, (row[i] as number) * (back[h] as number))
    }
    steps += 1
    const [mend1, mend2] = [1 - BETA1 ** steps, 1 - BETA2 ** steps]
    weights.forEach((values, layer) => {
      const [slope, mean, square] = [slopes[layer], first?.[layer], second?.[layer]] as [
        Float64Array,
        Float64Array,
        Float64Array,
      ]
      for (let i = 0; i < values.length; i++) {
        mean[i] = BETA1 * (mean[i] as number) + (1 - BETA1) * (slope[i] as number)
        square[i] = BETA2 * (square[i] as number) + (1 - BETA2) * (slope[i] as number) ** 2
        values[i] =
          (values[i] as number) -
          (RATE * ((mean[i] as number) / mend1)) / (Math.sqrt((square[i] as number) / mend2) + EPSILON)
      }
    })
  }
}

/** The place of the likeliest state. */
export function saidBy(net: PlainNet, row: Float32Array): number {
  const { probabilities } = forward(net, row)
  return probabilities.indexOf(Math.max(...probabilities))
}

function forward({ weights, inputs, hidden, states }: PlainNet, row: Float32Array) {
  const middle = weights[1].slice()
  for (let i = 0; i < inputs; i++)
    for (let h = 0; h < hidden; h++) add(middle, h, (row[i] as number) * (weights[0][i * hidden + h] as number))
  for (let h = 0; h < hidden; h++) middle[h] = Math.max(middle[h] as number, 0)
  const scores = weights[3].slice()
  for (let h = 0; h < hidden; h++)
    for (let k = 0; k < states; k++) add(scores, k, (middle[h] as number) * (weights[2][h * states + k] as number))
  const most = scores.reduce((a, b) => Math.max(a, b))
  const powers = scores.map((score) => Math.exp(score - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return { middle, probabilities: Array.from(powers, (power) => power / sum) }
}

function add(values: Float64Array, index: number, value: number) {
  values[index] = (values[index] as number) + value
}
