export interface Judged {
  truth: string
  /** The frame's own prediction, before debounce and threshold; null: none. */
  best: string | null
  /** The camera's threshold is higher than the prediction's confidence. */
  unknown: boolean
  skipped: boolean
}

export interface StateScore {
  frames: number
  correct: number
  unknown: number
  /** Share of the state's frames that were called by its name. */
  recall: number
}

export interface Score {
  /** Frames that got a result. */
  evaluated: number
  correct: number
  unknown: number
  skipped: number
  /** Mean of the recalls: each state counts the same. */
  balancedAccuracy: number
  perState: Record<string, StateScore>
}

/** Compares what was said of each frame with the truth. */
export function score(judged: Judged[]): Score {
  const perState: Record<string, StateScore> = {}
  for (const state of [...new Set(judged.map(({ truth }) => truth))].sort()) {
    const frames = judged.filter(({ truth }) => truth === state)
    const correct = frames.filter(({ best }) => best === state).length
    const unknown = frames.filter((frame) => frame.unknown).length
    perState[state] = { frames: frames.length, correct, unknown, recall: correct / frames.length }
  }
  const scores = Object.values(perState)
  const sum = (of: (state: StateScore) => number) => scores.reduce((total, state) => total + of(state), 0)
  return {
    evaluated: judged.filter(({ best }) => best !== null).length,
    correct: sum(({ correct }) => correct),
    unknown: sum(({ unknown }) => unknown),
    skipped: judged.filter(({ skipped }) => skipped).length,
    balancedAccuracy: sum(({ recall }) => recall) / scores.length,
    perState,
  }
}
