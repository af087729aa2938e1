import { numbersOf, type VectorDetails } from './head.ts'

/** The true number lies at least so probably within the interval. */
const SURE = 0.9

/**
 * What probabilities say of a number, where all states are numbers.
 * @param probabilities in the order of the states, which may be any
 * @returns the mean, and the shortest run of neighbouring states that holds 90 %, widened as far as the mean where that lies
 * outside (99 % of 0 and 1 % of 90 is a mean of 0.9, and the run is 0 alone); nulls where the states are no numbers
 */
export function ordinalOf(
  states: readonly string[],
  probabilities: ArrayLike<number>,
): Pick<VectorDetails, 'expected' | 'interval'> {
  const numbers = numbersOf(states)
  if (!numbers) return { expected: null, interval: null }
  const steps = numbers
    .map((number, i) => ({ number, probability: probabilities[i] as number }))
    .toSorted((a, b) => a.number - b.number)
  const expected = steps.reduce((sum, { number, probability }) => sum + number * probability, 0)
  const all = { low: steps[0]?.number ?? 0, high: steps.at(-1)?.number ?? 0 }
  let best = { ...all, held: 0 }
  for (let i = 0; i < steps.length; i++) {
    let held = 0
    for (let j = i; j < steps.length; j++) {
      held += steps[j]?.probability as number
      if (held < SURE) continue
      const run = { low: steps[i]?.number as number, high: steps[j]?.number as number, held }
      const [width, least] = [run.high - run.low, best.high - best.low]
      if (width < least || (width === least && held > best.held)) best = run
      break
    }
  }
  return { expected, interval: { low: Math.min(best.low, expected), high: Math.max(best.high, expected) } }
}
