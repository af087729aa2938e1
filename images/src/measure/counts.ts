import type { Samples } from '../image.ts'

/** How many samples lie where. */
export interface Counts {
  /** One for each span. */
  counts: Float64Array
  /** Below the first span, and above the last. */
  below: number
  above: number
  /** NaN. */
  blank: number
}

/** Where `bins` equal spans begin, and where the last one ends: one more than there are spans. As `numpy.linspace` puts them. */
export function edgesOf(low: number, high: number, bins: number): Float64Array {
  const width = (high - low) / bins
  return Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width))
}

/**
 * How many samples lie in each of `bins` equal spans from `low` to `high`, which differ. As `numpy.histogram`: a span has
 * its lower edge, and the last one its upper edge too.
 */
export function countsOf(samples: Samples, low: number, high: number, bins: number): Counts {
  const edges = edgesOf(low, high, bins)
  const counts = new Float64Array(bins)
  const perLevel = bins / (high - low)
  let [below, above, blank] = [0, 0, 0]
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (value >= low && value <= high) {
      let bin = Math.min(Math.floor((value - low) * perLevel), bins - 1)
      // Rounding may put a value that is just an edge on its other side.
      if (value < (edges[bin] as number)) bin -= 1
      else if (bin < bins - 1 && value >= (edges[bin + 1] as number)) bin += 1
      counts[bin] = (counts[bin] as number) + 1
    } else if (value < low) below += 1
    else if (value > high) above += 1
    else blank += 1
  }
  return { counts, below, above, blank }
}
