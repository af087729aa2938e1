import type { VectorDetails } from '../vector/head.ts'

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
