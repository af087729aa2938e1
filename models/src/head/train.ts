import { ModelsError } from '../models-error.ts'
import type { VectorHead } from '../vector/head.ts'
import { trainVectors } from '../vector/train.ts'
import { embeddedLength, type VectorView } from '../vector/view.ts'
import { fit, Rows } from './fit.ts'
import type { Head } from './head.ts'
import { calibrateNovelty } from './novelty.ts'
import { foldIntoGrid } from './rows.ts'
import type { Sample } from './sample.ts'

/** A state needs this many labelled frames before it can be learned. */
export const FEWEST_FRAMES = 2

export interface TrainOptions {
  /** The camera's states in order; samples of other states are refused. */
  states: string[]
  /** How the readings are seen, where samples are those of a sensor: their features are what `embedVector` gave. */
  view?: VectorView | null
  /** Of what is drawn at random in the training of vectors; default 1. */
  seed?: number
  /** Called after each epoch, `epoch` counting from 1. */
  onProgress?: (epoch: number, epochs: number, loss: number) => void
  /** Ends training between two epochs with `cancelled`. */
  signal?: AbortSignal
}

export interface TrainedHead extends Head {
  /** Epochs it took, and the loss at the end. */
  epochs: number
  loss: number
}

export interface TrainedVectorHead extends VectorHead, Pick<TrainedHead, 'epochs' | 'loss'> {}

/**
 * Trains the dense softmax head of one camera on cached embeddings: weighted so that each state counts the same however
 * many frames it has, and stopped when it learns no more. Nothing is drawn at random: it starts at zero and sees all
 * samples at once, so the same samples give the same head, byte for byte.
 * Where a view is given it trains the networks of a sensor instead, which the seed makes the same every time.
 * @param samples those that are only to be judged are passed over
 * @throws ModelsError `too_few_states` | `too_few_frames` | `bad_samples` | `cancelled`
 */
export async function trainHead(samples: Sample[], options: TrainOptions & { view?: null }): Promise<TrainedHead>
export async function trainHead(
  samples: Sample[],
  options: TrainOptions & { view: VectorView },
): Promise<TrainedVectorHead>
export async function trainHead(samples: Sample[], options: TrainOptions): Promise<TrainedHead | TrainedVectorHead>
export async function trainHead(samples: Sample[], options: TrainOptions): Promise<TrainedHead | TrainedVectorHead> {
  const { states, signal, view = null, seed = 1 } = options
  checkSamples(samples, states, view)
  const learned = samples.filter(({ judgeOnly }) => !judgeOnly)
  checkCounts(learned, states, view)
  if (view) return trainVectors(learned, { ...options, view, seed })
  const { scaling, weights, bias, epochs, loss } = fit(learned, states, new Rows(), {
    onEpoch: (epoch, most, loss) => {
      options.onProgress?.(epoch, most, loss)
      return !signal?.aborted
    },
  })
  if (signal?.aborted) throw new ModelsError('cancelled', 'caller', 'the training was cancelled')
  const folded = foldIntoGrid(scaling, weights, bias)
  return { states: [...states], ...folded, novelty: calibrateNovelty(learned), epochs, loss }
}

/** @throws ModelsError `too_few_states` | `bad_samples` */
export function checkSamples(samples: Sample[], states: string[], view: VectorView | null = null): void {
  const source = view ? 'sensor' : 'camera'
  if (states.length < 2) {
    throw new ModelsError('too_few_states', 'caller', `a ${source} needs at least two states; add the other one`)
  }
  const length = view ? embeddedLength(view) : (samples[0]?.features[0]?.length ?? 0)
  for (const { frame, state, features } of samples) {
    if (!states.includes(state)) {
      throw new ModelsError(
        'bad_samples',
        'caller',
        `${frame} is labelled ${state}, which is no state of its ${source}`,
      )
    }
    if (features.length === 0 || features.some((one) => one.length !== length || (!view && length % 16 !== 0))) {
      const others = view
        ? `${features[0]?.length ?? 0} numbers instead of ${length}`
        : 'no features or those of another backbone'
      throw new ModelsError('bad_samples', 'us', `${frame} has ${others}`)
    }
    if (view && features.some((one) => !one.every(Number.isFinite)))
      throw new ModelsError('bad_samples', 'caller', `${frame} holds a number that is none: take its label away`)
  }
}

function checkCounts(samples: Sample[], states: string[], view: VectorView | null): void {
  const counts = Map.groupBy(samples, ({ state }) => state)
  for (const state of states) {
    const count = counts.get(state)?.length ?? 0
    if (count < FEWEST_FRAMES) {
      const [one, good] = view ? ['readings', 100] : ['frames', 20]
      throw new ModelsError(
        'too_few_frames',
        'caller',
        `${state} has ${count} labelled ${one} and needs at least ${FEWEST_FRAMES} (${good} are good): label more ${one} of ${state}`,
      )
    }
  }
}
