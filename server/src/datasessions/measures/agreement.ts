import type { InputFile } from '../operation.ts'

/** What a model said of a file. */
export interface Judged {
  file: InputFile
  model: string
  /** `unknown` where `reason` says why no state is earned. */
  state: string
  reason: string | null
  likeliest: string
  confidence: number
  novelty: number
  probabilities: Record<string, number>
  recorded: InputFile['recorded']
  /** Null where nothing was recorded. */
  agrees: boolean | null
}

/** How often each state was said, and of which recorded ones. */
export function agreement(judged: readonly Judged[]) {
  const states: Record<string, number> = {}
  const recorded: Record<string, Record<string, number>> = {}
  let [compared, agreeing] = [0, 0]
  for (const { state, recorded: before, agrees } of judged) {
    states[state] = (states[state] ?? 0) + 1
    if (!before) continue
    compared += 1
    if (agrees) agreeing += 1
    const row = recorded[before.state] ?? {}
    row[state] = (row[state] ?? 0) + 1
    recorded[before.state] = row
  }
  const share = compared > 0 ? agreeing / compared : null
  return { states, compared, agreeing, agreement: share, recorded_as: recorded }
}
