import { counted } from '../../design/words.ts'

export interface Needed {
  /** Without so many of each state there is no training. */
  least: number
  /** So many of each state make a good model of most cameras. */
  good: number
}

export interface Labelled {
  /** Labelled frames by state. */
  counts: Record<string, number>
  /** Those of other cameras that it learns from too. */
  borrowed: Record<string, number>
}

/**
 * Whether there are labels enough to train from, and which are missing.
 * @param isJudged whether a training has said already what is needed: then nothing else says it
 */
export function readinessInWords(
  states: string[],
  { counts, borrowed }: Labelled,
  { least, good }: Needed,
  isJudged: boolean,
  shot: 'frame' | 'reading' = 'frame',
): { text: string; canTrain: boolean } {
  const of = (state: string) => (counts[state] ?? 0) + (borrowed[state] ?? 0)
  const lacking = (than: number) => states.filter((state) => of(state) < than)
  // States may be numbers: none stands beside a count.
  const missing = (than: number) => {
    const byCount = Map.groupBy(lacking(than), (state) => than - of(state))
    return [...byCount]
      .map(
        ([more, those]) => `${counted(more, `more ${shot}`)} of ${those.length > 1 ? 'each: ' : ''}${those.join(', ')}`,
      )
      .join('; ')
  }
  if (lacking(least).length > 0) return { text: `To train, label ${missing(least)}.`, canTrain: false }
  if (isJudged) return { text: 'Trained anew, it learns from all labels there are.', canTrain: true }
  if (lacking(good).length > 0) return { text: `Enough to try. Better with ${missing(good)}.`, canTrain: true }
  return { text: `Enough ${shot}s of each state.`, canTrain: true }
}
