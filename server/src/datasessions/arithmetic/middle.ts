import type { Samples } from '@ajar/images'

/** Below so many numbers, sorting them is quicker than parting them. */
const FEW = 12

/** Brings what is not blank (NaN) to the front of `lane[from..to)`. @returns where it ends */
export function presentIn(lane: Float64Array, from: number, to: number): number {
  let end = from
  for (let i = from; i < to; i++) {
    const value = lane[i] as number
    lane[i] = lane[end] as number
    lane[end] = value
    end += asBit(!Number.isNaN(value))
  }
  return end
}

/**
 * The median of `lane[from..end)`, of which none is blank: the middle one, or the mean of the middle two; NaN where there
 * are none. It changes the order of the lane.
 */
export function middle(lane: Float64Array, from: number, end: number): number {
  if (end === from) return Number.NaN
  const upper = from + ((end - from) >> 1)
  const value = select(lane, from, end - 1, upper)
  if ((end - from) % 2 === 1) return value
  // Whatever stands before it is not larger.
  let below = Number.NEGATIVE_INFINITY
  for (let i = from; i < upper; i++) below = Math.max(below, lane[i] as number)
  return below === value ? value : (below + value) / 2
}

/**
 * Brings what would stand at `k` if `lane[low..high]` were sorted to `k`, what is not larger before it (Hoare's "Find",
 * CACM 4, 1961). Parting does not branch on what is compared: noise has nothing that a processor could predict.
 */
function select(lane: Float64Array, low: number, high: number, k: number): number {
  let [lo, hi] = [low, high]
  while (hi - lo > FEW) {
    const pivot = middleOf3(lane[lo] as number, lane[(lo + hi) >> 1] as number, lane[hi] as number)
    let less = lo
    for (let i = lo; i <= hi; i++) {
      const value = lane[i] as number
      lane[i] = lane[less] as number
      lane[less] = value
      less += asBit(value < pivot)
    }
    if (k < less) {
      hi = less - 1
      continue
    }
    // Those that equal it come next: many do in a picture of few values.
    let equal = less
    for (let i = less; i <= hi; i++) {
      const value = lane[i] as number
      lane[i] = lane[equal] as number
      lane[equal] = value
      equal += asBit(value <= pivot)
    }
    if (k < equal) return pivot
    lo = equal
  }
  for (let i = lo + 1; i <= hi; i++) {
    const value = lane[i] as number
    let j = i - 1
    for (; j >= lo && (lane[j] as number) > value; j--) lane[j + 1] = lane[j] as number
    lane[j + 1] = value
  }
  return lane[k] as number
}

function middleOf3(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

/** 1 for true, without a branch once it is compiled. */
function asBit(is: boolean): number {
  return (is as unknown as number) | 0
}

/** The median of all samples, blank ones left out; NaN where all are blank. */
export function medianOf(samples: Samples): number {
  const lane = Float64Array.from(samples)
  return middle(lane, 0, presentIn(lane, 0, lane.length))
}
