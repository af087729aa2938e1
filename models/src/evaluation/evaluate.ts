import type { Sample } from '../head/sample.ts'
import { FEWEST_FRAMES, type TrainOptions, trainHead } from '../head/train.ts'
import { ModelsError } from '../models-error.ts'
import { byState, timeBlockFolds } from './folds.ts'
import { type Judged, judge, type Score, score } from './score.ts'
import { verdict } from './verdict.ts'

/** How good a camera's model is on frames it has not seen, and what to do about it. */
export interface Evaluation extends Score {
  /** Rounds of cross-validation; every frame was judged in exactly one, by a head trained on the others. */
  folds: number
  /** `ready`, or which frames to label next. */
  verdict: string
}

export type EvaluateOptions = TrainOptions

const MOST_FOLDS = 5

/**
 * Cross-validates the training of a camera by blocks of time.
 * @param options as for `trainHead`; `onProgress` counts the epochs of all folds together.
 * @throws ModelsError as `trainHead`; `too_few_frames` below four frames of a state.
 */
export async function evaluate(samples: Sample[], options: EvaluateOptions): Promise<Evaluation> {
  const groups = byState(samples)
  for (const state of options.states) {
    const frames = groups.get(state)?.length ?? 0
    if (frames >= 2 * FEWEST_FRAMES) continue
    throw new ModelsError(
      'too_few_frames',
      'caller',
      `${state} has ${frames} labelled frames and evaluation needs at least ${2 * FEWEST_FRAMES}: label more frames of ${state}`,
    )
  }
  const fewest = Math.min(...options.states.map((state) => groups.get(state)?.length ?? 0))
  const count = Math.min(MOST_FOLDS, Math.floor(fewest / FEWEST_FRAMES))
  const judged: Judged[] = []
  for (const [index, { train, test }] of timeBlockFolds(samples, count).entries()) {
    const head = await trainHead(train, {
      ...options,
      onProgress: (epoch, epochs, loss) => options.onProgress?.(index * epochs + epoch, count * epochs, loss),
    })
    judged.push(...judge(head, test))
  }
  const judgement = score(options.states, judged)
  return { ...judgement, folds: count, verdict: verdict(judgement) }
}
