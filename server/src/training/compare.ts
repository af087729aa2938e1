import { type Evaluation, FEWEST_FRAMES, type Head, type Sample, scoreHead } from '@ajar/models'

/** Two models judged on the same frames, none of which either had learned from. Accuracies are balanced, 0..1. */
export interface Comparison {
  frames: number
  candidate: number
  active: number
  /** Below it the candidate is worse than chance explains: the low end of the active model's 95 % interval. */
  least: number
}

/** Fewer fresh frames of a state tell nothing. */
const FEWEST_FRESH = 2 * FEWEST_FRAMES

/**
 * Compares a candidate with the active model on frames that were labelled after the active one was trained. The
 * candidate's side is its cross-validation, where every frame was judged by a head that had not learned from it.
 * @param fresh ids of these frames
 * @returns null where there are too few of any state
 */
export function compare(
  evaluation: Evaluation,
  active: Head,
  samples: Sample[],
  fresh: ReadonlySet<string>,
): Comparison | null {
  const own = evaluation.judgedOn === 'own'
  const judged = samples.filter(({ frame, borrowed }) => fresh.has(frame) && !(own && borrowed))
  const wrong = new Set(evaluation.wrong.map(({ frame }) => frame))
  const recalls = evaluation.states.map((state) => {
    const frames = judged.filter((sample) => sample.state === state)
    return { frames: frames.length, right: frames.filter(({ frame }) => !wrong.has(frame)).length }
  })
  if (recalls.some(({ frames }) => frames < FEWEST_FRESH)) return null
  const { balancedAccuracy, interval } = scoreHead(active, judged)
  const candidate = recalls.reduce((sum, { right, frames }) => sum + right / frames, 0) / recalls.length
  return { frames: judged.length, candidate, active: balancedAccuracy, least: interval.low }
}
