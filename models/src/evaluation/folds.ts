import type { Sample } from '../head/sample.ts'

/** One round of cross-validation. */
export interface Fold {
  train: Sample[]
  test: Sample[]
}

/**
 * Splits by time block, never by neighbouring frames: neighbours are almost the same picture, and a head that has seen
 * one knows the other. Each state's frames in order of time are cut into `count` blocks, and each fold tests one block
 * of every state.
 */
export function timeBlockFolds(samples: Sample[], count: number): Fold[] {
  const blockOf = new Map<Sample, number>()
  for (const group of byState(samples).values()) {
    const ordered = group.toSorted((a, b) => a.capturedAtMs - b.capturedAtMs || (a.frame < b.frame ? -1 : 1))
    const cuts = blockCuts(
      ordered.map((sample) => sample.capturedAtMs),
      count,
    )
    ordered.forEach((sample, i) => {
      blockOf.set(sample, cuts.filter((cut) => cut <= i).length)
    })
  }
  return Array.from({ length: count }, (_, fold) => ({
    train: samples.filter((sample) => blockOf.get(sample) !== fold),
    test: samples.filter((sample) => blockOf.get(sample) === fold),
  }))
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

export function byState(samples: Sample[]): Map<string, Sample[]> {
  return Map.groupBy(samples, (sample) => sample.state)
}
