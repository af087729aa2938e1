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
  /** Frames of other cameras that it learned from besides. */
  borrowed: number
  /** `own`: only frames of the camera itself were judged. `all`: it has too few of these, so borrowed ones were, too. */
  judgedOn: 'own' | 'all'
  /** `ready`, or which frames to label next. */
  verdict: string
}

export type EvaluateOptions = TrainOptions

const MOST_FOLDS = 5

/**
 * Cross-validates the training of a camera by blocks of time, on frames of its own where there are enough.
 * @param options as for `trainHead`; `onProgress` counts the epochs of all folds together.
 * @throws ModelsError as `trainHead`; `too_few_frames` below four frames of a state.
 */
export async function evaluate(samples: Sample[], options: EvaluateOptions): Promise<Evaluation> {
  const borrowed = samples.filter((sample) => sample.borrowed)
  const own = samples.filter((sample) => !sample.borrowed)
  const judgedOn = borrowed.length > 0 && lacking(own, options.states) ? 'all' : 'own'
  const judgement =
    judgedOn === 'own' ? await crossValidate(own, borrowed, options) : await crossValidate(samples, [], options)
  const says = judgedOn === 'own' ? verdict(judgement) : UNJUDGED
  return { ...judgement, borrowed: borrowed.length, judgedOn, verdict: says }
}

const UNJUDGED = `needs at least ${2 * FEWEST_FRAMES} labelled frames of this camera for each state: how good it is here nobody knows yet`

/** Every sample is judged once, by a head trained on those of other times, and on all of `more`. */
async function crossValidate(
  samples: Sample[],
  more: Sample[],
  options: EvaluateOptions,
): Promise<Score & { folds: number }> {
  const lack = lacking(samples, options.states)
  if (lack)
    throw new ModelsError(
      'too_few_frames',
      'caller',
      `${lack.state} has ${lack.frames} labelled frames and evaluation needs at least ${2 * FEWEST_FRAMES}: label more frames of ${lack.state}`,
    )
  const groups = byState(samples)
  const fewest = Math.min(...options.states.map((state) => groups.get(state)?.length ?? 0))
  const count = Math.min(MOST_FOLDS, Math.floor(fewest / FEWEST_FRAMES))
  const judged: Judged[] = []
  for (const [index, { train, test }] of timeBlockFolds(samples, count).entries()) {
    const head = await trainHead([...train, ...more], {
      ...options,
      onProgress: (epoch, epochs, loss) => options.onProgress?.(index * epochs + epoch, count * epochs, loss),
    })
    judged.push(...judge(head, test))
  }
  return { ...score(options.states, judged), folds: count }
}

/** The first state with too few frames to hold any out, or null. */
function lacking(samples: Sample[], states: readonly string[]): { state: string; frames: number } | null {
  const groups = byState(samples)
  for (const state of states) {
    const frames = groups.get(state)?.length ?? 0
    if (frames < 2 * FEWEST_FRAMES) return { state, frames }
  }
  return null
}
