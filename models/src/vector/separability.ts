/** How well the readings of two states can be told from one another. */
export interface Separability {
  a: string
  b: string
  /** 0: their readings cannot be told apart; 1: each one can. Null where there are too few of them. */
  value: number | null
  words: SeparabilityWords
}

export type SeparabilityWords = 'apart' | 'close' | 'not told apart' | 'not known'

/** Right ones and all of readings of one of two states. */
export interface Side {
  right: number
  all: number
}

/** From here on nine of ten readings get the right one of the two. */
const APART = 0.8
/** Below it is little better than a coin: of ten readings not even seven. */
const CLOSE = 0.35
/** Readings of a state that are judged, without which nothing is said. */
export const FEWEST_OF_A_PAIR = 4
const MOST_NAMED = 4

/** Before a training and after it the same words mean the same. */
export function separabilityOf(a: string, b: string, one: Side, other: Side): Separability {
  if (Math.min(one.all, other.all) < FEWEST_OF_A_PAIR) return { a, b, value: null, words: 'not known' }
  const balanced = (one.right / one.all + other.right / other.all) / 2
  const value = Math.max(2 * balanced - 1, 0)
  return { a, b, value, words: value >= APART ? 'apart' : value >= CLOSE ? 'close' : 'not told apart' }
}

/** What is to be done about pairs that nothing tells apart. */
export const NOT_APART = 'make one state of them, or move sender or receiver so that what changes stands between them'

/** `a` and `b`, `c` and `d`; the ones that are told apart worst first, and of many some. */
export function pairsInList(pairs: readonly Separability[]): string {
  const names = pairs.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0)).map(({ a, b }) => `\`${a}\` and \`${b}\``)
  const more = names.length - MOST_NAMED
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} pairs more` : names.join(', ')
}
