import { setImmediate as breathe } from 'node:timers/promises'
import { fit, Rows, scoresOf } from '../head/fit.ts'
import { softmax } from '../head/head.ts'
import type { Sample } from '../head/sample.ts'
import { ModelsError } from '../models-error.ts'
import { randomStream } from '../random.ts'
import { type CurvePoint, partOf } from './curve.ts'
import type { Fold } from './folds.ts'
import { balancedAccuracy, confusionOf, type WrongFrame } from './score.ts'

export interface CrossValidationOptions {
  states: string[]
  /** Which part of the labels the curve's heads learn from. */
  seed?: number
  /** Called after each head; they take different times. */
  onProgress?: (done: number, heads: number) => void
  /** Ends it between two heads with `cancelled`. */
  signal?: AbortSignal
}

/** A sample, and what a head that had not learned from its time gave each state. */
export interface Judged {
  sample: Sample
  scores: Float64Array
  /** The place of its label among the states. */
  truth: number
}

/**
 * Judges each fold's test frames by a head that learned from all of its training frames, and for the learning curve by
 * heads that learned from a part of them.
 */
export async function crossValidate(
  folds: Fold[],
  shares: readonly number[],
  { states, seed = 1, onProgress, signal }: CrossValidationOptions,
): Promise<{ judged: Judged[]; curve: CurvePoint[] }> {
  const rows = new Rows()
  const random = randomStream(seed)
  const parts = shares.map((share) => ({ share, labels: 0, judged: [] as Judged[] }))
  let done = 0
  for (const { train, test } of folds)
    for (const part of parts) {
      await breathe() // whoever is told of the progress, and whoever cancels, has a turn
      if (signal?.aborted) throw new ModelsError('cancelled', 'caller', 'the evaluation was cancelled')
      const learned = partOf(train, part.share, random)
      const fitted = fit(learned, states, rows)
      part.labels += learned.length / folds.length
      for (const sample of test) {
        const scores = scoresOf(fitted, rows.of(sample)[0] as Float32Array)
        part.judged.push({ sample, scores, truth: states.indexOf(sample.state) })
      }
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
