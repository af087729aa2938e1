import { hasStayed } from './stayed.ts'

/**
 * How far a member of a door can be believed, by what it said where a person had said what was so.
 *
 * What counts is how probable a statement is in each state of the door, P(said, confidence | state): by Bayes' rule the
 * states whose product of these is largest is right more often than what any one member says, as long as members err
 * independently of one another. It is counted:
 *
 *     P(said | state) * P(confidence | right or wrong)
 *
 * both from held-out frames. Counts are few, so both are drawn towards "says nothing": towards how often the member says
 * this in all, and how often it is so sure in all. A member that is right by chance says the same in every state: its
 * factors are equal, and it counts nothing. With few frames they are equal only about; so logarithms are multiplied by
 * max(0, 1 - df / G), as James and Stein (1961) shrink means: G, twice the mutual information of the table times its
 * frames, is df on average where both sides are independent, and grows with the frames where they are not.
 *
 * A statement never speaks against the state that it names, and always a little for it: a member whose labels are mostly of
 * moments at which it was wrong would be believed in reverse.
 */
export interface Reliability {
  /** States of the door, in the order of likelihoods. */
  states: string[]
  /** Frames or readings that it was judged by when its model was made. */
  measured: number
  /** Those that people labelled since. */
  since: number
  /** At how many of these it was right. */
  sinceRight: number
  /** Whether it is still as it was measured, as far as the labels since tell: 0..1; 1 where there are none. */
  stayed: number
  /** Mean over the door's states of how often it said them, 0..1; null where nothing was judged. */
  balancedAccuracy: number | null
  /** 0: it counts nothing; 1: what was counted is taken as it is. */
  weight: number
  /** By what the member says: logarithms of how probable that is in each state, the largest 0. */
  said: Record<string, number[]>
  /** By how sure it is (`binOf`): what is added to the state that it names. */
  sure: number[]
}

/** What a member said of a frame whose truth is known. */
export interface Judged {
  /** A state of the door. */
  truth: string
  /** A state of the member. */
  said: string
  /** The state of the door that this says. */
  says: string
  confidence: number
  /** For how many frames it stands. */
  count: number
}

/** Lower ends of the ranges of confidence that are told apart. */
const SURE_FROM = [0, 0.6, 0.8, 0.9, 0.97]
/** How much a statement speaks at least for the state that it names, as a logarithm. */
const LEAST = 0.05
/** So many frames weigh what the member says in all. */
const DRAWN = 1

export function binOf(confidence: number): number {
  return SURE_FROM.findLastIndex((from) => confidence >= from)
}

/**
 * @param states of the door
 * @param measured of the held-out test set of its active model
 * @param since of what was labelled after that model was made
 */
export function reliabilityOf(states: string[], measured: Judged[], since: Judged[] = []): Reliability {
  const saids = [...new Set([...measured, ...since].map(({ said }) => said))].sort()
  const table = (judged: Judged[]) => tableOf(judged, states, saids)
  const stayed = since.length === 0 ? 1 : hasStayed(table(measured), table(since))
  const share = shareOf(measured, since, stayed)
  const judged = [...measured.map((one) => ({ ...one, count: one.count * share })), ...since]
  const counts = table(judged)
  const balancedAccuracy = balancedAccuracyOf(judged, states)
  // One that is mostly wrong is far from chance, too.
  const weight = (balancedAccuracy ?? 0) > 1 / states.length ? strengthOf(counts) : 0
  const shares = drawn(counts)
  const says = new Map(judged.map((one) => [one.said, one.says]))
  const said = Object.fromEntries(
    saids.map((name, column) => {
      const logs = states.map((_, row) => weight * Math.log(shares[row]?.[column] ?? 1))
      const own = logs[states.indexOf(says.get(name) ?? '')] ?? 0
      const named = states.indexOf(says.get(name) ?? '')
      return [name, logs.map((log, row) => (row === named ? 0 : Math.min(log - own, -LEAST * weight)))]
    }),
  )
  return {
    ...{ states, stayed, weight, said, sure: surenessOf(judged) },
    measured: measured.length,
    since: since.length,
    sinceRight: since.filter(({ truth, says }) => truth === says).length,
    balancedAccuracy,
  }
}

/** By how much counts of before are taken down, so that they and those since weigh as it is probable that it has stayed. */
function shareOf(measured: Judged[], since: Judged[], stayed: number): number {
  const [before, after] = [measured, since].map((judged) => sumOf(judged.map(({ count }) => count))) as [number, number]
  return after === 0 || before === 0 ? 1 : Math.min(1, ((stayed / (1 - stayed)) * after) / before)
}

/** One that nothing is known of: it counts nothing. */
export const unmeasured = (states: string[]): Reliability => reliabilityOf(states, [])

/** Logarithms of how probable a statement is in each state of the door; all 0 where nothing is known of such statements. */
export function logLikelihoods(reliability: Reliability, said: string, says: string, confidence: number): number[] {
  const { states } = reliability
  const logs = reliability.said[said] ?? states.map(() => 0)
  const named = states.indexOf(says)
  const more = reliability.weight * (reliability.sure[binOf(confidence)] ?? 0)
  const others = Math.max(...logs.filter((_, i) => i !== named))
  return logs.map((log, i) =>
    i === named ? Math.max(log + more, Math.min(log, others + LEAST * reliability.weight)) : log,
  )
}

/** `[state][said]` */
function tableOf(judged: Judged[], states: string[], saids: string[]): number[][] {
  const table = states.map(() => saids.map(() => 0))
  for (const { truth, said, count } of judged) {
    const row = table[states.indexOf(truth)]
    const column = saids.indexOf(said)
    if (row) row[column] = (row[column] ?? 0) + count
  }
  return table
}

/** Shares of each row, drawn towards the mean of all rows: states count alike, however many frames they have. */
function drawn(table: number[][]): number[][] {
  const sums = table.map(sumOf)
  const known = table.filter((_, row) => (sums[row] ?? 0) > 0)
  const inAll = (table[0] ?? []).map((_, column) => {
    const shares = known.map((row) => ((row[column] ?? 0) + DRAWN / row.length) / (sumOf(row) + DRAWN))
    return shares.length > 0 ? sumOf(shares) / shares.length : 1 / (table[0]?.length ?? 1)
  })
  return table.map((row, i) =>
    row.map((count, column) => (count + DRAWN * (inAll[column] ?? 0)) / ((sums[i] ?? 0) + DRAWN)),
  )
}

/** How much of what a table shows is more than chance: max(0, 1 - df / G). */
function strengthOf(table: number[][]): number {
  const rows = table.map(sumOf)
  const columns = (table[0] ?? []).map((_, column) => sumOf(table.map((row) => row[column] ?? 0)))
  const all = sumOf(rows)
  const freedom = (rows.filter((sum) => sum > 0).length - 1) * (columns.filter((sum) => sum > 0).length - 1)
  if (freedom <= 0) return 0
  let g = 0
  for (const [i, row] of table.entries())
    for (const [j, count] of row.entries())
      if (count > 0) g += 2 * count * Math.log((count * all) / ((rows[i] ?? 0) * (columns[j] ?? 0)))
  return g > freedom ? 1 - freedom / g : 0
}

/** How much more probable each confidence is where the member is right than where it is wrong, as logarithms. */
function surenessOf(judged: Judged[]): number[] {
  const table = [true, false].map((right) => {
    const row = SURE_FROM.map(() => 0)
    for (const { truth, says, confidence, count } of judged)
      if ((truth === says) === right) row[binOf(confidence)] = (row[binOf(confidence)] ?? 0) + count
    return row
  })
  const strength = strengthOf(table)
  const [right = [], wrong = []] = drawn(table)
  return right.map((share, bin) => (strength === 0 ? 0 : strength * Math.log(share / (wrong[bin] ?? share))))
}

function balancedAccuracyOf(judged: Judged[], states: string[]): number | null {
  const recalls = states.flatMap((state) => {
    const all = judged.filter(({ truth }) => truth === state)
    const count = sumOf(all.map((one) => one.count))
    return count > 0 ? [sumOf(all.filter(({ says }) => says === state).map((one) => one.count)) / count] : []
  })
  return recalls.length === 0 ? null : sumOf(recalls) / recalls.length
}

function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
