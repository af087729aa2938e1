import type { Sample } from '../head/sample.ts'
import type { DenseLayer, Estimator, VectorHead } from './head.ts'
import { lessonOf, teach } from './lesson.ts'
import { type TrainedNetwork, trainNetwork } from './network.ts'
import { calibrateVectorNovelty } from './novelty.ts'
import { embeddedLength, FUSED, type PartRange, rangesOf, type VectorView } from './view.ts'

export interface VectorTraining {
  states: string[]
  view: VectorView
  seed: number
  /** Which estimators are made: all of them, or only the one that tells the state. */
  only?: 'all' | 'last'
  /** Networks that make an estimator together. */
  members?: number
  /** The same for those that see one part only, where there are others. */
  ofParts?: number
  onProgress?: (epoch: number, epochs: number, loss: number) => void
  signal?: AbortSignal
}

/** More gain little: on real packets three are right about one reading in fifty more often than one of them. */
const MEMBERS = 3

/**
 * Trains the networks of a sensor. An estimator is the mean of three, each of which was stopped by another run of the
 * readings, so that none decides alone, and nothing that was labelled is lost to stopping.
 * @param samples checked: of these states only, and at least two of each
 * @throws ModelsError `cancelled`
 */
export async function trainVectors(
  samples: Sample[],
  { states, view, seed, only = 'all', members = MEMBERS, ofParts = members, onProgress, signal }: VectorTraining,
): Promise<VectorHead & { epochs: number; loss: number }> {
  const taught = teach(samples, states)
  const ranges = estimatorsOf(view).slice(only === 'all' ? 0 : -1)
  const estimators: Estimator[] = []
  let [epochs, loss, done] = [0, Number.NaN, 0]
  const sizes = ranges.map((_, i) => (i < ranges.length - 1 ? ofParts : members))
  const all = sizes.reduce((sum, size) => sum + size, 0)
  for (const [i, range] of ranges.entries()) {
    const size = sizes[i] as number
    const networks: TrainedNetwork[] = []
    for (let member = 0; member < size; member++) {
      const network = await trainNetwork(lessonOf(taught, range, 2 * member), {
        seed: seed * 1000 + done,
        onEpoch: (epoch, most, loss) => {
          onProgress?.(done * most + epoch, all * most, loss)
          return !signal?.aborted
        },
      })
      networks.push(network)
      done += 1
    }
    epochs = Math.max(...networks.map((network) => network.epochs))
    loss = networks.reduce((sum, network) => sum + network.loss, 0) / size
    const { mean, factor } = taught.scaling
    estimators.push({
      name: range.name,
      mean: mean.slice(range.from, range.to),
      factor: factor.slice(range.from, range.to),
      layers: together(networks.map(({ layers }) => layers)),
    })
  }
  const looks = Array.from(taught.labels, (_, i) => taught.rows.subarray(i * taught.width, (i + 1) * taught.width))
  return { states: [...states], view, estimators, novelty: calibrateVectorNovelty(looks), epochs, loss }
}

/** One network that says the mean of the scores of these: their hidden layers beside one another. */
function together(networks: DenseLayer[][]): DenseLayer[] {
  const [first, last] = [
    networks.map(([layer]) => layer as DenseLayer),
    networks.map((layers) => layers.at(-1) as DenseLayer),
  ]
  const units = (first[0] as DenseLayer).bias.length
  const inputs = (first[0] as DenseLayer).kernel.length / units
  const kernel = new Float32Array(inputs * units * networks.length)
  first.forEach((layer, member) => {
    for (let i = 0; i < inputs; i++)
      kernel.set(layer.kernel.subarray(i * units, (i + 1) * units), (i * networks.length + member) * units)
  })
  const share = (values: Float32Array) => values.map((value) => value / networks.length)
  const bias = new Float32Array((last[0] as DenseLayer).bias.length)
  for (const layer of last)
    share(layer.bias).forEach((value, k) => {
      bias[k] = (bias[k] as number) + value
    })
  return [
    { kernel, bias: joined(first.map((layer) => layer.bias)) },
    { kernel: joined(last.map((layer) => share(layer.kernel))), bias },
  ]
}

function joined(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** What each estimator of a view sees. */
export function estimatorsOf(view: VectorView): PartRange[] {
  const parts = rangesOf(view)
  return parts.length === 1 ? parts : [...parts, { name: FUSED, from: 0, to: embeddedLength(view) }]
}
