import { NOT_APART, pairsInList, type Separability, separabilityOf } from '../vector/separability.ts'
import { type Score, sumOf, type TestFrame } from './score.ts'

/** States that are taken for one another, where that makes most of the mistakes: more readings alone do not mend it. */
export interface Mistaken {
  words: 'close' | 'not told apart'
  pairs: Separability[]
  /** Mistakes between them, and all there are. */
  between: number
  of: number
}

/** @returns the pairs that are not told apart, else those that are close; null where most mistakes are others */
export function mistakenOf({ states, confusion }: Pick<Score, 'states' | 'confusion'>): Mistaken | null {
  const said = (truth: number, state: number) => confusion[truth]?.[state] ?? 0
  const side = (truth: number, other: number) => ({
    right: said(truth, truth),
    all: said(truth, truth) + said(truth, other),
  })
  const pairs = states.flatMap((a, i) =>
    states.slice(i + 1).map((b, k) => {
      const j = i + 1 + k
      return { ...separabilityOf(a, b, side(i, j), side(j, i)), mistakes: said(i, j) + said(j, i) }
    }),
  )
  const of = sumOf(confusion.map((row, i) => sumOf(row) - (row[i] ?? 0)))
  for (const words of ['not told apart', 'close'] as const) {
    const alike = pairs.filter((pair) => pair.words === words)
    const between = sumOf(alike.map(({ mistakes }) => mistakes))
    if (between > 0 && between * 2 >= of) return { words, pairs: alike, between, of }
  }
  return null
}

export function isBetween({ truth, said }: Pick<TestFrame, 'truth' | 'said'>, { pairs }: Mistaken): boolean {
  return pairs.some(({ a, b }) => (a === truth && b === said) || (a === said && b === truth))
}

/** What usability says of them before a training, in the same words. */
export function mistakenInWords({ words, pairs, between, of }: Mistaken): string {
  const which = `${pairsInList(pairs)} are ${words} (${between} of ${of} mistakes)`
  return words === 'close'
    ? `${which}; if more readings do not help, ${NOT_APART}`
    : `${which}: ${NOT_APART}; more readings alone will not help`
}
