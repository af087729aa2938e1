import { ModelsError } from '../models-error.ts'
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

/**
 * Trains the dense softmax head of one camera on cached embeddings: weighted so that each state counts the same however
 * many frames it has, and stopped when it learns no more. Nothing is drawn at random: it starts at zero and sees all
 * samples at once, so the same samples give the same head, byte for byte.
 * @param samples those that are only to be judged are passed over
 * @throws ModelsError `too_few_states` | `too_few_frames` | `bad_samples` | `cancelled`
 */
export async function trainHead(samples: Sample[], options: TrainOptions): Promise<TrainedHead> {
  const { states, signal } = options
  checkSamples(samples, states)
  const learned = samples.filter(({ judgeOnly }) => !judgeOnly)
  checkCounts(learned, states)
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
export function checkSamples(samples: Sample[], states: string[]): void {
  if (states.length < 2) {
    throw new ModelsError('too_few_states', 'caller', 'a camera needs at least two states; add the other one')
  }
  const length = samples[0]?.features[0]?.length ?? 0
  for (const { frame, state, features } of samples) {
    if (!states.includes(state)) {
      throw new ModelsError('bad_samples', 'caller', `${frame} is labelled ${state}, which is no state of its camera`)
    }
    if (features.length === 0 || features.some((one) => one.length !== length || length % 16 !== 0)) {
      throw new ModelsError('bad_samples', 'us', `${frame} has no features or those of another backbone`)
    }
  }
}

function checkCounts(samples: Sample[], states: string[]): void {
  for (const state of states) {
    const count = samples.filter((sample) => sample.state === state).length
    if (count < FEWEST_FRAMES) {
      throw new ModelsError(
        'too_few_frames',
        'caller',
        `${state} has ${count} labelled frames and needs at least ${FEWEST_FRAMES} (20 are good): label more frames of ${state}`,
      )
    }
  }
}
