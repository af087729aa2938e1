import { inList } from './holds.ts'
import { NOT_APART, pairsInList, type Separability } from './separability.ts'

/** `partly`: some of the states can be told from one another well enough, not all. */
export type UsabilityGrade = 'usable' | 'partly' | 'not'

/** What was found out, before it is put into words. */
export interface Compared {
  states: string[]
  pairs: Separability[]
  /** Share of the judged readings that got their state, states counting alike; null where there are too few. */
  right: number | null
  /** Readings of a look. */
  window: number
  /** The same by a wider window; null where that was not tried. */
  wider: { window: number; right: number } | null
  /** Of states with too few readings. */
  lacking: string[]
  /** States that were held only once. */
  once: string[]
}

/** Of the readings that nothing was learned from so many must get their state, states counting alike: 17 of 20. */
export const ENOUGH = 0.85
/** Two states by themselves are told apart so well where 17 of 20 readings get the right one of the two. */
const ENOUGH_OF_A_PAIR = 2 * ENOUGH - 1
/** A wider window is recommended where it gets so many more right: less may be chance, and it answers later. */
const BETTER = 0.05

/** Whether the wider window is to be recommended. */
export function isBetter({ right, wider }: Pick<Compared, 'right' | 'wider'>): boolean {
  return right !== null && wider !== null && wider.right >= right + BETTER
}

/** @returns the grade, and what it means, with what to do */
export function verdictOf(compared: Compared): { grade: UsabilityGrade; verdict: string } {
  const { states, pairs, right, window, lacking, once } = compared
  if (lacking.length > 0)
    return {
      grade: 'not',
      verdict: `hold ${inList(lacking)} for some seconds: there are too few readings to say anything`,
    }
  const unknown = pairs.filter(({ words }) => words === 'not known')
  if (unknown.length > 0 || right === null)
    return {
      grade: 'not',
      verdict: `the readings lie too near together in time to say anything of ${pairsInList(unknown)}: hold each state again, at another time`,
    }
  const flatter =
    once.length > 0
      ? `; ${inList(once)} ${once.length > 1 ? 'were' : 'was'} held only once, so this may flatter: hold each state again`
      : ''
  const figure = `${percent(right)} of the readings got their state (window: ${window})`
  const weak = pairs.filter(({ words }) => words !== 'apart')
  const same = pairs.filter(({ words }) => words === 'not told apart')
  if (weak.length === 0) return { grade: 'usable', verdict: `all states are apart: train; ${figure}${flatter}` }
  if (same.length === 0 && right >= ENOUGH)
    return {
      grade: 'usable',
      verdict: `train; expect some mistakes between ${pairsInList(weak)}: ${figure}${flatter}`,
    }
  const told = toldApart(states, pairs)
  const what = same.length > 0 ? `${pairsInList(same)} are not told apart` : `${pairsInList(weak)} are close`
  const few = told.length === states.length || told.length < 2
  const grade = told.length < 2 ? 'not' : 'partly'
  const some = few ? '' : `; ${inList(told)} can be told from one another`
  return {
    grade,
    verdict: `${what}${some}; ${figure}, and ${percent(ENOUGH)} would do: ${adviceOf(compared, same)}${flatter}`,
  }
}

function adviceOf({ right, window, wider }: Compared, same: Separability[]): string {
  if (wider && isBetter({ right, wider }))
    return (
      `a window of ${wider.window} readings gets ${percent(wider.right)} right: set it, then look again` +
      (wider.right < ENOUGH ? `; where that does not do, ${NOT_APART}` : '')
    )
  const tried = wider ? `a window of ${wider.window} readings was tried and helps no more than ${window}: ` : ''
  return tried + (same.length > 0 ? NOT_APART : `hold each state again, ${NOT_APART}`)
}

/** As many states as are each told well enough from each other of them, those that are told best from all others first. */
function toldApart(states: string[], pairs: Separability[]): string[] {
  const value = (a: string, b: string) =>
    pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))?.value ?? 0
  const sumOf = new Map(
    states.map((state) => [state, states.reduce((sum, other) => sum + (other === state ? 0 : value(state, other)), 0)]),
  )
  const chosen: string[] = []
  for (const state of states.toSorted((a, b) => (sumOf.get(b) ?? 0) - (sumOf.get(a) ?? 0)))
    if (chosen.every((other) => value(state, other) >= ENOUGH_OF_A_PAIR)) chosen.push(state)
  return states.filter((state) => chosen.includes(state))
}

const percent = (share: number) => `${Math.round(share * 100)} %`
