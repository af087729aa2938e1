import type { Sample } from '../head/sample.ts'
import { FEWEST_FRAMES } from '../head/train.ts'
import type { randomStream } from '../random.ts'
import type { VectorView } from '../vector/view.ts'
import { byState, inTime } from './folds.ts'

/** How good heads are that learned from a part of the labels only: what more of them would bring. */
export interface CurvePoint {
  /** Of the labels that a fold learns from. */
  share: number
  /** Frames learned from, mean of the folds. */
  labels: number
  balancedAccuracy: number
}

/** Networks take a hundred times as long to learn, so of vectors there are fewer points. */
export function sharesOf(view: VectorView | null): readonly number[] {
  return view ? [0.5, 1] : [0.25, 0.5, 0.75, 1]
}

/** A state's frames are drawn in so many runs of neighbours, for whoever labels less has seen fewer hours. */
const RUNS = 8

/** A part of a fold's training frames: of each state whole runs in time, drawn at random, at least two frames. */
export function partOf(train: Sample[], share: number, random: ReturnType<typeof randomStream>): Sample[] {
  if (share >= 1) return train
  const part = new Set<Sample>()
  for (const group of byState(train).values()) {
    const wanted = Math.max(Math.round(share * group.length), FEWEST_FRAMES)
    const ordered = inTime(group)
    const size = Math.ceil(ordered.length / RUNS)
    const runs = Array.from({ length: Math.ceil(ordered.length / size) }, (_, i) =>
      ordered.slice(i * size, (i + 1) * size),
    )
    for (const sample of shuffled(runs, random).flat().slice(0, wanted)) part.add(sample)
  }
  return train.filter((sample) => part.has(sample))
}

function shuffled<T>(list: T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
