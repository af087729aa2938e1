/** How probable it is beforehand that a member is not what it was when its model was judged: cameras move, senders too. */
const CHANGED = 0.1

/**
 * Whether a member is still as it was measured: how probable the labels since are if it says what it said then, against
 * how probable they are if it says anything. A few labels of a source that has become random take away all that was
 * measured of it, however much that was; labels that fit add to it.
 * @param before,since counts `[state][said]`, also parts of one
 * @returns probability 0..1 that what was measured still holds
 */
export function hasStayed(before: number[][], since: number[][]): number {
  let log = 0
  for (const [row, counts] of since.entries()) {
    const measured = before[row] ?? counts.map(() => 0)
    const even = counts.map(() => 1)
    log +=
      logEvidence(
        counts,
        even.map((one, i) => one / counts.length + (measured[i] ?? 0)),
      ) - logEvidence(counts, even)
  }
  const odds = Math.exp(Math.min(log, 700)) * ((1 - CHANGED) / CHANGED)
  return odds / (1 + odds)
}

/** Logarithm of how probable counts are where shares are drawn from a Dirichlet distribution (Minka 2000, eq. 2). */
function logEvidence(counts: number[], prior: number[]): number {
  const [n, a] = [counts, prior].map((values) => values.reduce((sum, value) => sum + value, 0)) as [number, number]
  let log = logGamma(a) - logGamma(a + n)
  for (const [i, count] of counts.entries()) {
    const alpha = prior[i] ?? 0
    log += logGamma(alpha + count) - logGamma(alpha)
  }
  return log
}

/** Logarithm of the gamma function, by Stirling's series above 7; right to ten digits. */
function logGamma(x: number): number {
  let [shifted, below] = [x, 0]
  for (; shifted < 7; shifted++) below += Math.log(shifted)
  const square = shifted * shifted
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / shifted
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - below
}
