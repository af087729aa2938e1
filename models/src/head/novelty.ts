import { CELLS } from '../backbone/backbones.ts'
import { type Novelty, rooted } from './head.ts'
import type { Sample } from './sample.ts'

/**
 * Learns how far apart frames of this camera are: the distance of each training frame to its nearest other one
 * (leave one out) is what an ordinary new frame will show, so the threshold lies well beyond the farthest of them.
 */
export function calibrateNovelty(samples: Sample[]): Novelty {
  const own = samples.map(({ features }) => wholeOf(rooted(features[0] as Float32Array)))
  const channels = own[0]?.length ?? 0
  const distances = own.map((one, i) =>
    nearest(
      one,
      own.filter((_, j) => j !== i),
    ),
  )
  const kept = evenly(own, MOST_PROTOTYPES)
  const prototypes = new Float32Array(kept.length * channels)
  kept.forEach((one, i) => {
    prototypes.set(one, i * channels)
  })
  return { channels, prototypes, threshold: MARGIN * Math.max(...distances, LEAST_DISTANCE) }
}

/**
 * How far (1 - cosine, 0..1) a frame is from the nearest training frame.
 * @param own what `wholeOf` says of the frame
 */
export function noveltyDistance({ channels, prototypes }: Novelty, own: Float32Array): number {
  let best = -1
  for (let at = 0; at < prototypes.length; at += channels) {
    let cosine = 0
    for (let i = 0; i < channels; i++) cosine += (own[i] as number) * (prototypes[at + i] as number)
    if (cosine > best) best = cosine
  }
  return Math.min(Math.max(1 - best, 0), 1)
}

const MARGIN = 2
/** A burst of equal frames must not make every other frame look new. */
const LEAST_DISTANCE = 0.005
/** More add nothing but microseconds to every frame. */
const MOST_PROTOTYPES = 256

/** What the whole picture is made of: the mean over the grid of rooted features, as a unit vector. */
export function wholeOf(roots: Float32Array): Float32Array {
  const channels = roots.length / CELLS ** 2
  const sum = new Float32Array(channels)
  for (let cell = 0; cell < roots.length; cell += channels) {
    for (let i = 0; i < channels; i++) sum[i] = (sum[i] as number) + (roots[cell + i] as number)
  }
  const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0)) || 1
  return sum.map((value) => value / norm)
}

function nearest(one: Float32Array, others: Float32Array[]): number {
  let best = 1
  for (const other of others) {
    let cosine = 0
    for (let i = 0; i < one.length; i++) cosine += (one[i] as number) * (other[i] as number)
    best = Math.min(best, 1 - cosine)
  }
  return best
}

function evenly<T>(list: T[], most: number): T[] {
  if (list.length <= most) return list
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)] as T)
}
