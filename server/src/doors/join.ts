import { logLikelihoods, type Reliability } from './reliability.ts'

/** What a member said last. */
export interface Statement {
  reliability: Reliability
  /** A state of the member, and the state of the door that it says. */
  said: string
  says: string
  confidence: number
  /** How long before the newest statement of all, milliseconds. */
  ageMs: number
  /** After so long it would not be asked any more. */
  staleAfterMs: number
}

/**
 * The states of a door by the newest statement of each member: by Bayes' rule, no state being likelier beforehand. A
 * member counts once, however often it repeats itself: its frames resemble each other, and err together. What it said a
 * while ago counts less, for the door may have moved since: with a probability of 1 - exp(-age / staleAfter) it says nothing.
 * @returns `likelihoods[member][state]`, the largest 1, and the probability of each state; the sum of these is 1
 */
export function join(states: string[], statements: Statement[]): { probabilities: number[]; likelihoods: number[][] } {
  const likelihoods = statements.map(likelihoodsOf)
  const products = states.map((_, i) => likelihoods.reduce((sum, one) => sum + Math.log(one[i] ?? 1), 0))
  const most = Math.max(...products)
  const raised = products.map((product) => Math.exp(product - most))
  const all = raised.reduce((sum, one) => sum + one, 0)
  return { probabilities: raised.map((one) => one / all), likelihoods }
}

function likelihoodsOf({ reliability, said, says, confidence, ageMs, staleAfterMs }: Statement): number[] {
  const logs = logLikelihoods(reliability, said, says, confidence)
  const likelihoods = logs.map((log) => Math.exp(log - Math.max(...logs)))
  const mean = likelihoods.reduce((sum, one) => sum + one, 0) / likelihoods.length
  const holds = Math.exp(-Math.max(0, ageMs) / staleAfterMs)
  const aged = likelihoods.map((one) => holds * one + (1 - holds) * mean)
  return aged.map((one) => one / Math.max(...aged))
}
