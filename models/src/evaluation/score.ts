import type { VectorDetails } from '../vector/head.ts'

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

/** How a frame or reading was judged by a head that had learned from none near it in time (`apartMs`). */
export interface TestFrame {
  /** The frame's id. */
  frame: string
  /** Its label then. */
  truth: string
  said: string
  /** Calibrated, 0..1. */
  confidence: number
  /** Of some readings: what each estimator said. */
  details?: VectorDetails | null
}

export interface WrongFrame extends Omit<TestFrame, 'details'> {
  /** Mean luminance 0..255, or null where it was not known. */
  brightness: number | null
}

export function score(states: string[], judged: WrongFrame[]): Score {
  const confusion = confusionOf(states, judged)
  return {
    states: [...states],
    frames: judged.length,
    ...balancedAccuracy(confusion),
    confusion,
    wrong: judged.filter(({ truth, said }) => said !== truth),
  }
}

/** `[truth][said]`, in the order of `states`. */
export function confusionOf(states: string[], judged: Pick<TestFrame, 'truth' | 'said'>[]): number[][] {
  const confusion = states.map(() => states.map(() => 0))
  for (const { truth, said } of judged) {
    const row = confusion[states.indexOf(truth)]
    const column = states.indexOf(said)
    if (row) row[column] = (row[column] ?? 0) + 1
  }
  return confusion
}

/** States without a judged frame do not count. */
export function balancedAccuracy(confusion: number[][]): Pick<Score, 'balancedAccuracy' | 'interval'> {
  const counts = confusion
    .map((row, state) => ({ right: row[state] ?? 0, all: sumOf(row) }))
    .filter(({ all }) => all > 0)
  if (counts.length === 0) return { balancedAccuracy: 0, interval: { low: 0, high: 1 } }
  const accuracy = meanOf(counts.map(({ right, all }) => right / all))
  // Agresti and Coull 1998: two successes and two failures more keep the interval honest at 100 % of few frames.
  const recalls = counts.map(({ right, all }) => ({ rate: (right + 2) / (all + 4), frames: all + 4 }))
  const centre = meanOf(recalls.map(({ rate }) => rate))
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

export function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function meanOf(values: number[]): number {
  return sumOf(values) / values.length
}
