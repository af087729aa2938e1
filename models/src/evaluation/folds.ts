import type { Sample } from '../head/sample.ts'
import { FEWEST_FRAMES } from '../head/train.ts'
import type { VectorView } from '../vector/view.ts'

/** A test frame of a camera is at least so far in time from every frame that its head learned from, whatever their states. */
export const APART_MS = 600_000

/** The same for readings, which come many a second; besides, no two looks that share a reading are on both sides. */
const READINGS_APART_MS = 1000

/** How far apart test and training have to be. @param view of a sensor's readings, null for frames */
export function apartOf(samples: Sample[], view: VectorView | null): number {
  if (!view) return APART_MS
  const steps = [...byState(samples).values()]
    .flatMap((group) => {
      const times = timesOf(inTime(group))
      return times.slice(1).map((time, i) => time - (times[i] as number))
    })
    .sort((a, b) => a - b)
  const between = steps[Math.floor(steps.length / 2)] ?? 0
  return Math.min(READINGS_APART_MS + (view.window - 1) * between, APART_MS)
}

/** One round of cross-validation. */
export interface Fold {
  train: Sample[]
  test: Sample[]
}

export interface SplitOptions {
  states: string[]
  /** Frames of other cameras to learn from besides. */
  more?: Sample[]
  /** Frames to judge and never to learn from. */
  besides?: Sample[]
  /** So far in time a test frame is at least from every frame that its head learned from. */
  apartMs?: number
  /** So many folds at most. */
  mostFolds?: number
}

export const MOST_FOLDS = 5

/**
 * Splits by time, never by neighbouring frames: neighbours are almost the same picture, and a head that has seen one
 * knows the other. Each state's frames in order of time are cut into blocks, at pauses where there are any, and each
 * fold tests one block of every state. What lies within ten minutes of any of its test frames is left out of its
 * training, also frames of other cameras: two cameras may see one door, and time alone is a rule without exceptions.
 *
 * Every frame is tested at most once: those of a fold that is left without two frames of each state to learn from stay
 * unjudged. Of five folds and fewer those are taken that judge most frames of the state that is judged least.
 */
export function timeFolds(
  samples: Sample[],
  { states, more = [], besides = [], apartMs = APART_MS, mostFolds = MOST_FOLDS }: SplitOptions,
): Fold[] {
  const groups = byState(samples)
  const fewest = Math.min(...states.map((state) => groups.get(state)?.length ?? 0))
  let best: Fold[] = []
  for (let count = Math.min(mostFolds, fewest); count >= 2; count--) {
    const folds = blockFolds(groups, [samples, more], count, apartMs).filter(({ train }) => canTrain(train, states))
    if (judgedLeast(folds, states) > judgedLeast(best, states)) best = folds
  }
  return withBesides(best, besides, [...samples, ...more], { states, apartMs })
}

function blockFolds(
  groups: Map<string, Sample[]>,
  [samples, more]: [Sample[], Sample[]],
  count: number,
  apartMs: number,
): Fold[] {
  const blockOf = new Map<Sample, number>()
  for (const group of groups.values()) {
    const ordered = inTime(group)
    const cuts = blockCuts(
      ordered.map((sample) => sample.capturedAtMs),
      count,
    )
    ordered.forEach((sample, i) => {
      blockOf.set(sample, cuts.filter((cut) => cut <= i).length)
    })
  }
  return Array.from({ length: count }, (_, fold) => {
    const test = samples.filter((sample) => blockOf.get(sample) === fold)
    const others = samples.filter((sample) => blockOf.get(sample) !== fold)
    const distance = distanceTo(timesOf(test))
    return { test, train: [...others, ...more].filter(({ capturedAtMs }) => distance(capturedAtMs) >= apartMs) }
  })
}

/** Where each next block starts: near equal sizes, but where the camera paused, so that no burst is cut in two. */
function blockCuts(times: number[], count: number): number[] {
  const size = times.length / count
  const slack = Math.floor(size / 3)
  return Array.from({ length: count - 1 }, (_, i) => {
    const ideal = Math.round((i + 1) * size)
    let cut = ideal
    for (let at = ideal - slack; at <= ideal + slack; at++) if (pauseBefore(at) > pauseBefore(cut)) cut = at
    return cut
  })

  function pauseBefore(at: number): number {
    return at > 0 && at < times.length ? (times[at] as number) - (times[at - 1] as number) : 0
  }
}

/**
 * A frame that is only to be judged goes to a fold whose training is far enough from it, so that it changes no fold;
 * one that is far from everything is judged by a head that learned everything.
 */
function withBesides(
  folds: Fold[],
  besides: Sample[],
  all: Sample[],
  { states, apartMs }: { states: string[]; apartMs: number },
): Fold[] {
  if (besides.length === 0) return folds
  const last: Fold[] = canTrain(all, states) ? [{ train: all, test: [] }] : []
  const rounds = [...last, ...folds].map(({ train, test }) => ({
    train,
    test: [...test],
    distance: distanceTo(timesOf(train)),
  }))
  for (const sample of besides)
    rounds.find(({ distance }) => distance(sample.capturedAtMs) >= apartMs)?.test.push(sample)
  return rounds.filter(({ test }) => test.length > 0).map(({ train, test }) => ({ train, test }))
}

/** How many frames of the state that has fewest of them are judged, and a part of one for all others. */
function judgedLeast(folds: Fold[], states: string[]): number {
  const groups = byState(folds.flatMap(({ test }) => test))
  const counts = states.map((state) => groups.get(state)?.length ?? 0)
  const all = counts.reduce((sum, count) => sum + count, 0)
  return Math.min(...counts) + all / (all + 1)
}

function canTrain(train: Sample[], states: string[]): boolean {
  const groups = byState(train)
  return states.every((state) => (groups.get(state)?.length ?? 0) >= FEWEST_FRAMES)
}

/** How far a time is from the nearest of these. */
export function distanceTo(these: number[]): (time: number) => number {
  const times = Float64Array.from(these).sort()
  return (time) => {
    let [low, high] = [0, times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((times[middle] as number) < time) low = middle + 1
      else high = middle
    }
    const before = low > 0 ? time - (times[low - 1] as number) : Number.POSITIVE_INFINITY
    const after = low < times.length ? (times[low] as number) - time : Number.POSITIVE_INFINITY
    return Math.min(before, after)
  }
}

function timesOf(samples: Sample[]): number[] {
  return samples.map(({ capturedAtMs }) => capturedAtMs)
}

/** In order of time; two of one time (of two cameras) in order of their names. */
export function inTime(samples: Sample[]): Sample[] {
  return samples.toSorted((a, b) => a.capturedAtMs - b.capturedAtMs || (a.frame < b.frame ? -1 : 1))
}

export function byState(samples: Sample[]): Map<string, Sample[]> {
  return Map.groupBy(samples, (sample) => sample.state)
}
