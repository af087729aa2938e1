import type { VectorHead } from '../vector/head.ts'
import { openVectorHead } from '../vector/predict.ts'
import { type Head, isOfVectors, rooted, softmax } from './head.ts'
import { noveltyDistance, wholeOf } from './novelty.ts'
import type { Predictor } from './prediction.ts'
import { signatureOfWhole } from './signature.ts'

/** A frame of less luminance spread (0..127) shows a covered lens or the dark, not a scene. */
export const COVERED_SPREAD = 3

/** Opens a head for prediction: plain arithmetic on typed arrays, some tens of microseconds, no library. */
export function openHead(head: Head | VectorHead): Predictor {
  if (isOfVectors(head)) return openVectorHead(head)
  const { states, weights, bias, novelty } = head
  return {
    predict(features, { spread }) {
      const scores = Float64Array.from(bias)
      const roots = rooted(features)
      for (let i = 0; i < roots.length; i++) {
        const root = roots[i] as number
        if (root === 0) continue
        for (let k = 0; k < scores.length; k++) {
          scores[k] = (scores[k] as number) + root * (weights[i * scores.length + k] as number)
        }
      }
      const probabilities = softmax(scores)
      const best = probabilities.indexOf(Math.max(...probabilities))
      const whole = wholeOf(roots)
      const distance = noveltyDistance(novelty, whole)
      return {
        state: states[best] as string,
        confidence: probabilities[best] as number,
        probabilities: Object.fromEntries(states.map((state, k) => [state, probabilities[k] as number])),
        unlike: spread < COVERED_SPREAD ? 'covered' : distance > novelty.threshold ? 'unlike_training' : null,
        novelty: distance,
        signature: signatureOfWhole(whole),
        details: null,
      }
    },
  }
}
