import { setImmediate as breathe } from 'node:timers/promises'
import { softmax } from '../head/head.ts'
import { ModelsError } from '../models-error.ts'
import { randomStream } from '../random.ts'
import type { VectorView } from '../vector/view.ts'
import { type CurvePoint, partOf } from './curve.ts'
import type { Fold } from './folds.ts'
import { frameLearner, type Judged, vectorLearner } from './learners.ts'
import { balancedAccuracy, confusionOf, type WrongFrame } from './score.ts'

export interface CrossValidationOptions {
  states: string[]
  /** How readings are seen, where the samples are those of a sensor. */
  view?: VectorView | null
  /** Which part of the labels the curve's heads learn from; for vectors also the networks' first weights. */
  seed?: number
  /** Called after each head; they take different times. */
  onProgress?: (done: number, heads: number) => void
  /** Ends it between two heads with `cancelled`. */
  signal?: AbortSignal
}

/**
 * Judges each fold's test frames by a head that learned from all of its training frames, and for the learning curve by
 * heads that learned from a part of them.
 */
export async function crossValidate(
  folds: Fold[],
  shares: readonly number[],
  { states, view = null, seed = 1, onProgress, signal }: CrossValidationOptions,
): Promise<{ judged: Judged[]; curve: CurvePoint[] }> {
  const learn = view ? vectorLearner({ states, view, seed, ...(signal ? { signal } : {}) }) : frameLearner(states)
  const random = randomStream(seed)
  const parts = shares.map((share) => ({ share, labels: 0, judged: [] as Judged[] }))
  let done = 0
  for (const { train, test } of folds)
    for (const part of parts) {
      await breathe() // whoever is told of the progress, and whoever cancels, has a turn
      if (signal?.aborted) throw new ModelsError('cancelled', 'caller', 'the evaluation was cancelled')
      const learned = partOf(train, part.share, random)
      const how = part.share < 1 ? 'part' : test === folds.at(-1)?.test ? 'detailed' : 'whole'
      const ask = await learn(learned, how)
      part.labels += learned.length / folds.length
      for (const sample of test) part.judged.push({ sample, ...ask(sample), truth: states.indexOf(sample.state) })
      onProgress?.(++done, folds.length * parts.length)
    }
  const whole = parts.find(({ share }) => share === 1)
  return { judged: whole?.judged ?? [], curve: parts.map((part) => pointOf(part, states)) }
}

function pointOf({ share, labels, judged }: { share: number; labels: number; judged: Judged[] }, states: string[]) {
  const said = judged.filter(({ sample }) => !sample.judgeOnly).map((one) => frameOf(one, states, 1))
  const { balancedAccuracy: accuracy } = balancedAccuracy(confusionOf(states, said))
  return { share, labels: Math.round(labels), balancedAccuracy: accuracy }
}

/** What was said of a sample, as sure as the temperature makes it. */
export function frameOf({ sample, scores }: Judged, states: string[], temperature: number): WrongFrame {
  const probabilities = softmax(scores.map((one) => one / temperature))
  const confidence = Math.max(...probabilities)
  return {
    frame: sample.frame,
    truth: sample.state,
    said: states[probabilities.indexOf(confidence)] as string,
    confidence,
    brightness: sample.brightness ?? null,
  }
}
