import type { Evaluation } from '../evaluation/evaluate.ts'
import { type Box, cornersOf } from '../pixels/polygon.ts'
import type { Manifest } from './manifest.ts'

/** What models were saved as before they had regions, parents and frozen test sets. */

export interface OldManifest extends Omit<Manifest, 'format' | 'region' | 'verdict' | 'parent' | 'evaluation'> {
  format: 1
  box: Box | null
  evaluation: (Partial<Evaluation> & { verdict?: string }) | null
}

const UNKNOWN = 'nobody knows how good it is: train again'

/** A manifest of format 1, as this version knows models. */
export function renewed({ box, evaluation, ...rest }: OldManifest): Omit<Manifest, 'format'> {
  return {
    ...rest,
    region: box && cornersOf(box),
    evaluation: renewedEvaluation(evaluation),
    verdict: evaluation?.verdict ?? UNKNOWN,
    parent: null,
  }
}

/** An evaluation of a model of any age, with what was not known of it then. */
export function renewedEvaluation(evaluation: OldManifest['evaluation']): Evaluation | null {
  if (!evaluation) return null
  const { states = [], confusion = [] } = evaluation
  const perState = states.map((state, i) => {
    const frames = sum(confusion[i] ?? [])
    const said = sum(confusion.map((row) => row[i] ?? 0))
    const right = confusion[i]?.[i] ?? 0
    return { state, frames, precision: said > 0 ? right / said : null, recall: frames > 0 ? right / frames : null }
  })
  const unknown = {
    perState,
    accuracy: null,
    majority: null,
    day: null,
    night: null,
    temperature: 1,
    curve: [],
    suspects: [],
    advice: null,
    apartMs: 0,
  }
  return { ...unknown, verdict: UNKNOWN, ...evaluation } as Evaluation
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
