/** Where values along a line change most. */
export interface Edge {
  /** In steps from the line's start, between two of them where it lies there. */
  at: number
  /** How much the values change per step there; below 0 where they fall. */
  change: number
}

/** Which steps are looked for, as one goes along the line. */
export type Direction = 'any' | 'to bright' | 'to dark'

/** So many deviations of the bell curve count. */
const REACH = 3

/**
 * The place of the steepest change along a profile, after smoothing by a bell curve: the extreme of its derivative, which
 * is placed between two steps by the parabola through its neighbours. Null where the profile is too short, blank or flat.
 * @param smoothing standard deviation of the bell curve, in steps
 */
export function strongestEdge(profile: ArrayLike<number>, smoothing: number, direction: Direction): Edge | null {
  const slopes = slopesOf(profile, smoothing)
  const steepness = (i: number) =>
    direction === 'any' ? Math.abs(slopes[i] as number) : (slopes[i] as number) * (direction === 'to bright' ? 1 : -1)
  let best = -1
  for (let i = 0; i < slopes.length; i++) if (steepness(i) > (best < 0 ? 0 : steepness(best))) best = i
  if (best < 0) return null
  const change = slopes[best] as number
  const [before, after] = [slopes[best - 1] ?? Number.NaN, slopes[best + 1] ?? Number.NaN]
  const bend = before - 2 * change + after
  const shift = bend === 0 || Number.isNaN(bend) ? 0 : Math.min(Math.max((before - after) / (2 * bend), -0.5), 0.5)
  return { at: best + shift, change }
}

/**
 * The profile's derivative: it, folded with that of a bell curve, which is weighed so that a slope of 1 gives 1. Blank
 * where the curve reaches over an end or a blank value.
 */
function slopesOf(profile: ArrayLike<number>, smoothing: number): Float64Array {
  const reach = Math.ceil(REACH * smoothing)
  const weights = Float64Array.from(
    { length: reach + 1 },
    (_, i) => i * Math.exp((-i * i) / (2 * smoothing * smoothing)),
  )
  const total = weights.reduce((sum, weight, i) => sum + 2 * weight * i, 0)
  const slopes = new Float64Array(profile.length).fill(Number.NaN)
  for (let at = reach; at + reach < profile.length; at++) {
    let slope = 0
    // In pairs, so that what is flat has a slope of just 0. The value in the middle weighs nothing, but may be blank.
    for (let i = 0; i <= reach; i++)
      slope += (weights[i] as number) * ((profile[at + i] as number) - (profile[at - i] as number))
    slopes[at] = slope / total
  }
  return slopes
}
