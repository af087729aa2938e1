import { softmax } from '../head/head.ts'
import type { Prediction, Predictor } from '../head/prediction.ts'
import { ModelsError } from '../models-error.ts'
import type { Estimator, VectorDetails, VectorHead } from './head.ts'
import { vectorDistance } from './novelty.ts'
import { ordinalOf } from './ordinal.ts'
import { vectorSignature } from './signature.ts'
import { embeddedLength, rangesOf } from './view.ts'

/** Opens a head of vectors: plain arithmetic on typed arrays, as for frames. */
export function openVectorHead(head: VectorHead): Predictor {
  const { states, view, estimators, novelty } = head
  const ranges = new Map(rangesOf(view).map((range) => [range.name, range]))
  const length = embeddedLength(view)
  return {
    predict(features): Prediction {
      if (features.length !== length)
        throw new ModelsError(
          'bad_reading',
          'caller',
          `an embedding of ${features.length} numbers instead of ${length}`,
        )
      let inputs = new Float32Array()
      let probabilities: number[] = []
      const said = estimators.map((estimator): [string, number[]] => {
        const { from, to } = ranges.get(estimator.name) ?? { from: 0, to: length }
        inputs = standardised(estimator, features.subarray(from, to))
        probabilities = softmax(scoresOf(estimator, inputs))
        return [estimator.name, probabilities]
      })
      // The last estimator sees all parts: it tells the state, and whether anything like this was learned from.
      const confidence = Math.max(...probabilities)
      const distance = vectorDistance(novelty, inputs)
      return {
        state: states[probabilities.indexOf(confidence)] as string,
        confidence,
        probabilities: Object.fromEntries(states.map((state, k) => [state, probabilities[k] as number])),
        unlike: distance > novelty.threshold ? 'unlike_training' : null,
        novelty: distance / (distance + novelty.threshold),
        signature: vectorSignature(features, view),
        details: detailsFrom(states, said),
      }
    },
  }
}

/** @param said probabilities in the order of the states, by the estimators' names, the one that tells the state last */
export function detailsFrom(states: string[], said: [string, number[]][]): VectorDetails {
  const estimators: VectorDetails['estimators'] = {}
  for (const [name, probabilities] of said) {
    const confidence = Math.max(...probabilities)
    estimators[name] = { state: states[probabilities.indexOf(confidence)] as string, confidence, probabilities }
  }
  return { ...ordinalOf(states, said.at(-1)?.[1] ?? []), estimators }
}

/** `[inputs]`, in deviations from the mean of what was learned from. */
export function standardised(
  { mean, factor }: Pick<Estimator, 'mean' | 'factor'>,
  values: Float32Array,
): Float32Array<ArrayBuffer> {
  const inputs = new Float32Array(values.length)
  for (let i = 0; i < inputs.length; i++) {
    inputs[i] = ((values[i] as number) - (mean[i] as number)) * (factor[i] as number)
  }
  return inputs
}

/** The score of each state; softmax makes probabilities of them. */
export function scoresOf({ layers }: Pick<Estimator, 'layers'>, inputs: Float32Array): Float64Array {
  let values: ArrayLike<number> = inputs
  let scores = new Float64Array()
  layers.forEach(({ kernel, bias }, layer) => {
    scores = Float64Array.from(bias)
    const width = scores.length
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (value === 0) continue
      for (let k = 0, at = i * width; k < width; k++, at++)
        scores[k] = (scores[k] as number) + value * (kernel[at] as number)
    }
    if (layer < layers.length - 1) for (let k = 0; k < width; k++) scores[k] = Math.max(scores[k] as number, 0)
    values = scores
  })
  return scores
}
