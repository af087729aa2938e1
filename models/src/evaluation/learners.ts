import { fit, Rows, scoresOf } from '../head/fit.ts'
import type { Sample } from '../head/sample.ts'
import { scoresOf as networkScores, standardised } from '../vector/predict.ts'
import { estimatorsOf, trainVectors, type VectorTraining } from '../vector/train.ts'
import type { PartRange } from '../vector/view.ts'

/** A sample, and what a head that had not learned from its time gave each state. */
export interface Judged {
  sample: Sample
  scores: Float64Array
  /** Of some readings: what each estimator gave each state, by its name. */
  estimators?: Record<string, Float64Array>
  /** The place of its label among the states. */
  truth: number
}

/** What a head says of a sample that it has not learned from. */
export type Ask = (sample: Sample) => Pick<Judged, 'scores' | 'estimators'>

/**
 * `whole`: as a training does it; `detailed`: with what each estimator says besides; `part`: learned from a part of the
 * labels, for the curve, and quickly.
 */
export type Learning = 'whole' | 'detailed' | 'part'

export type Learn = (samples: Sample[], how: Learning) => Promise<Ask>

/** Heads of a camera. */
export function frameLearner(states: string[]): Learn {
  const rows = new Rows()
  return async (samples) => {
    const fitted = fit(samples, states, rows)
    return (sample) => ({ scores: scoresOf(fitted, rows.of(sample)[0] as Float32Array) })
  }
}

/** Networks of a sensor. */
export function vectorLearner(training: VectorTraining): Learn {
  const ranges = new Map(estimatorsOf(training.view).map((range) => [range.name, range]))
  return async (samples, how) => {
    const members = how === 'part' ? { members: 1 } : {}
    const only = how === 'detailed' ? 'all' : 'last'
    const { estimators } = await trainVectors(samples, { ...training, only, ...members, ofParts: 1 })
    return ({ features }) => {
      const said: Record<string, Float64Array> = {}
      let scores: Float64Array = new Float64Array()
      for (const estimator of estimators) {
        const { from, to } = ranges.get(estimator.name) as PartRange
        scores = networkScores(estimator, standardised(estimator, (features[0] as Float32Array).subarray(from, to)))
        said[estimator.name] = scores
      }
      return how === 'detailed' ? { scores, estimators: said } : { scores }
    }
  }
}
