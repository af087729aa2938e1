import type { Head } from '../head/head.ts'
import { openHead } from '../head/predict.ts'
import type { Sample } from '../head/sample.ts'

/** What a model said of frames whose state a person had said. Counts and rates are of these frames only. */
export interface Score {
  states: string[]
  /** How many frames were judged. */
  frames: number
  /** Mean over the states of the share of their frames that got their state, 0..1. */
  balancedAccuracy: number
  /** 95 % interval of it. */
  interval: { low: number; high: number }
  /** `confusion[truth][said]`, in the order of `states`. */
  confusion: number[][]
  wrong: WrongFrame[]
}

export interface WrongFrame {
  frame: string
  truth: string
  said: string
  confidence: number
  /** Mean luminance 0..255, or null where it was not known. */
  brightness: number | null
}

/** A frame's truth beside what a model said of it. */
export interface Judged {
  sample: Sample
  said: string
  confidence: number
}

/** Asks a head about samples it has not seen. */
export function judge(head: Head, samples: Sample[]): Judged[] {
  const { predict } = openHead(head)
  return samples.map((sample) => {
    // Only the state is asked for; whether the lens was covered is another question.
    const { state, confidence } = predict(sample.features[0] as Float32Array, { spread: Number.POSITIVE_INFINITY })
    return { sample, said: state, confidence }
  })
}

/** Scores a finished head on a frozen test set: a candidate and the active model are compared by this. */
export function scoreHead(head: Head, samples: Sample[]): Score {
  return score(head.states, judge(head, samples))
}

export function score(states: string[], judged: Judged[]): Score {
  const confusion = states.map(() => states.map(() => 0))
  for (const { sample, said } of judged) {
    const row = confusion[states.indexOf(sample.state)]
    const column = states.indexOf(said)
    if (row) row[column] = (row[column] ?? 0) + 1
  }
  return {
    states: [...states],
    frames: judged.length,
    ...balancedAccuracy(confusion),
    confusion,
    wrong: judged
      .filter(({ sample, said }) => said !== sample.state)
      .map(({ sample, said, confidence }) => ({
        frame: sample.frame,
        truth: sample.state,
        said,
        confidence,
        brightness: sample.brightness ?? null,
      })),
  }
}

/** States without a judged frame do not count. */
function balancedAccuracy(confusion: number[][]): Pick<Score, 'balancedAccuracy' | 'interval'> {
  const counts = confusion
    .map((row, state) => ({ right: row[state] ?? 0, all: row.reduce((sum, n) => sum + n, 0) }))
    .filter(({ all }) => all > 0)
  if (counts.length === 0) return { balancedAccuracy: 0, interval: { low: 0, high: 1 } }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const accuracy = mean(counts.map(({ right, all }) => right / all))
  // Agresti and Coull 1998: two successes and two failures more keep the interval honest at 100 % of few frames.
  const recalls = counts.map(({ right, all }) => ({ rate: (right + 2) / (all + 4), frames: all + 4 }))
  const centre = mean(recalls.map(({ rate }) => rate))
  const variance = recalls.reduce((sum, { rate, frames }) => sum + (rate * (1 - rate)) / frames, 0)
  const reach = (1.96 * Math.sqrt(variance)) / counts.length
  return {
    balancedAccuracy: accuracy,
    interval: {
      low: Math.max(Math.min(centre - reach, accuracy), 0),
      high: Math.min(Math.max(centre + reach, accuracy), 1),
    },
  }
}
