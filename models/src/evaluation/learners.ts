import { fit, Rows, scoresOf } from '../head/fit.ts'
import type { Sample } from '../head/sample.ts'
import { scoresOf as networkScores, standardised } from '../vector/predict.ts'
import { estimatorsOf, trainVectors, type VectorTraining } from '../vector/train.ts'
import type { PartRange } from '../vector/view.ts'
import type { Judged } from './cross-validate.ts'

/** What a head says of a sample that it has not learned from. */
export type Ask = (sample: Sample) => Pick<Judged, 'scores' | 'estimators'>

/** Learns from samples. @param isWhole whether these are all that there are, and not a part of them for the curve */
export type Learn = (samples: Sample[], isWhole: boolean) => Promise<Ask>

/** Heads of a camera. */
export function frameLearner(states: string[]): Learn {
  const rows = new Rows()
  return async (samples) => {
    const fitted = fit(samples, states, rows)
    return (sample) => ({ scores: scoresOf(fitted, rows.of(sample)[0] as Float32Array) })
  }
}

/** Networks of a sensor; of a part of the labels that one only which tells the state. */
export function vectorLearner(training: VectorTraining): Learn {
  const ranges = new Map(estimatorsOf(training.view).map((range) => [range.name, range]))
  return async (samples, isWhole) => {
    const { estimators } = await trainVectors(samples, { ...training, only: isWhole ? 'all' : 'last' })
    return (sample) => {
      const said: Record<string, Float64Array> = {}
      let scores: Float64Array = new Float64Array()
      for (const estimator of estimators) {
        const { from, to } = ranges.get(estimator.name) as PartRange
        scores = networkScores(
          estimator,
          standardised(estimator, (sample.features[0] as Float32Array).subarray(from, to)),
        )
        said[estimator.name] = scores
      }
      return { scores, estimators: said }
    }
  }
}
