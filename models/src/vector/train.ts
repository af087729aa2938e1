import type { Sample } from '../head/sample.ts'
import type { Estimator, VectorHead } from './head.ts'
import { lessonOf, teach } from './lesson.ts'
import { trainNetwork } from './network.ts'
import { calibrateVectorNovelty } from './novelty.ts'
import { embeddedLength, FUSED, type PartRange, rangesOf, type VectorView } from './view.ts'

export interface VectorTraining {
  states: string[]
  view: VectorView
  seed: number
  /** `last`: only the estimator that tells the state, and no novelty. */
  only?: 'all' | 'last'
  onProgress?: (epoch: number, epochs: number, loss: number) => void
  signal?: AbortSignal
}

/**
 * Trains the networks of a sensor.
 * @param samples checked: of these states only, and at least two of each
 * @throws ModelsError `cancelled`
 */
export async function trainVectors(
  samples: Sample[],
  { states, view, seed, only = 'all', onProgress, signal }: VectorTraining,
): Promise<VectorHead & { epochs: number; loss: number }> {
  const taught = teach(samples, states)
  const estimators: Estimator[] = []
  const ranges = estimatorsOf(view).slice(only === 'all' ? 0 : -1)
  let [epochs, loss] = [0, Number.NaN]
  for (const [i, range] of ranges.entries()) {
    const trained = await trainNetwork(lessonOf(taught, range, 0), {
      seed: seed + i,
      onEpoch: (epoch, most, loss) => {
        onProgress?.(i * most + epoch, ranges.length * most, loss)
        return !signal?.aborted
      },
    })
    epochs = trained.epochs
    loss = trained.loss
    const { mean, factor } = taught.scaling
    estimators.push({
      name: range.name,
      mean: mean.slice(range.from, range.to),
      factor: factor.slice(range.from, range.to),
      layers: trained.layers,
    })
  }
  const looks = Array.from(taught.labels, (_, i) => taught.rows.subarray(i * taught.width, (i + 1) * taught.width))
  return { states: [...states], view, estimators, novelty: calibrateVectorNovelty(looks), epochs, loss }
}

/** What each estimator of a view sees. */
export function estimatorsOf(view: VectorView): PartRange[] {
  const parts = rangesOf(view)
  return parts.length === 1 ? parts : [...parts, { name: FUSED, from: 0, to: embeddedLength(view) }]
}
