import type { VectorDetails, VectorHead } from '../vector/head.ts'
import { openVectorHead } from '../vector/predict.ts'
import { type Head, isOfVectors, rooted, softmax } from './head.ts'
import { noveltyDistance, wholeOf } from './novelty.ts'
import { signatureOfWhole } from './signature.ts'

/** What the model says of one frame. The caller applies the camera's threshold. */
export interface Prediction {
  /** The likeliest state, also where `unlike` says not to believe it. */
  state: string
  /** Its probability, 0..1. */
  confidence: number
  /** Of every state; they add up to 1. */
  probabilities: Record<string, number>
  /** Why no state is earned whatever the confidence: the frame resembles no training frame, or shows nothing at all. */
  unlike: null | 'unlike_training' | 'covered'
  /** How far (1 - cosine, 0..1) it is from all that the model learned from; of a vector: at 0.5 it begins to be unlike. */
  novelty: number
  /** 32 bytes by which frames are compared (`signatureDistance`). */
  signature: Uint8Array
  /** What a model of vectors says besides; null where a model of pictures was asked. */
  details: VectorDetails | null
}

export interface Predictor {
  /**
   * @param features what the model's backbone gave for the frame, or `embedVector` for the readings
   * @param pixels `spread` of the decoded frame; of no meaning for readings
   * @throws ModelsError `bad_reading`: features of readings of another length
   */
  predict(features: Float32Array, pixels: { spread: number }): Prediction
}

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
