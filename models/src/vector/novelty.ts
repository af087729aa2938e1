import type { VectorNovelty } from './head.ts'

/** More add nothing but microseconds to every reading. */
const MOST_PROTOTYPES = 256
/** Of all prototypes together. */
const MOST_VALUES = 400_000
/** Looks that are asked how far an ordinary one is; more would say the same. */
const MOST_ASKED = 1000
/** An ordinary look is at most so much farther than these are, but for one in a hundred. */
const MARGIN = 1.5
const ORDINARY = 0.99
/** Looks that are all the same must not make every other one look new: a quarter of a deviation. */
const LEAST_DISTANCE = 0.25

/**
 * Learns how far apart looks of this sensor are: from those that are not prototypes, and of which none lies within their
 * own run of neighbours in time, for neighbours are nearly the same.
 * @param looks standardised, in the order of time within each state
 */
export function calibrateVectorNovelty(looks: Float32Array[]): VectorNovelty {
  const inputs = looks[0]?.length ?? 0
  const most = Math.max(Math.min(MOST_PROTOTYPES, Math.floor(MOST_VALUES / Math.max(inputs, 1))), 16)
  const kept = evenly(looks.length, most)
  const prototypes = new Float32Array(kept.length * inputs)
  kept.forEach((index, i) => {
    prototypes.set(looks[index] as Float32Array, i * inputs)
  })
  const near = Math.ceil(looks.length / most)
  const distances = evenly(looks.length, Math.min(MOST_ASKED, 4 * most))
    .map((index) =>
      nearest(prototypes, looks[index] as Float32Array, (i) => Math.abs((kept[i] as number) - index) > near),
    )
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
  const ordinary = distances[Math.floor(ORDINARY * (distances.length - 1))] ?? 1
  return { prototypes, threshold: MARGIN * Math.max(ordinary, LEAST_DISTANCE) }
}

/** How many deviations (root of the mean square over all inputs) a look is from the nearest prototype. */
export function vectorDistance({ prototypes }: VectorNovelty, inputs: Float32Array): number {
  return nearest(prototypes, inputs, () => true)
}

function nearest(prototypes: Float32Array, inputs: Float32Array, counts: (prototype: number) => boolean): number {
  const width = inputs.length
  let best = Number.POSITIVE_INFINITY
  for (let start = 0, i = 0; start < prototypes.length; start += width, i++) {
    if (!counts(i)) continue
    let sum = 0
    for (let j = 0; j < width && sum < best; j++)
      sum += ((inputs[j] as number) - (prototypes[start + j] as number)) ** 2
    if (sum < best) best = sum
  }
  return Math.sqrt(best / width)
}

function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: most }, (_, i) => Math.floor((i * count) / most))
}
