import type { Score } from './score.ts'

/** Below this the camera is not ready: it would be wrong about one frame in twenty. */
const GOOD = 0.95
/** With a lower end of the interval below this, too few frames were judged to know; 20 right ones per state suffice. */
const SURE = 0.8
const DARK = 60

/** Says in words whether the model is good enough and, if not, which frames would help most. */
export function verdict({ states, confusion, balancedAccuracy, interval, wrong }: Score): string {
  if (balancedAccuracy >= GOOD && interval.low >= SURE) return 'ready'
  const worst = states
    .map((state, i) => {
      const row = confusion[i] ?? []
      const frames = row.reduce((sum, n) => sum + n, 0)
      // The same correction as in the interval's, so that a state with few frames is not taken for a good one.
      return { state, frames, recall: ((row[i] ?? 0) + 2) / (frames + 4) }
    })
    .reduce((a, b) => (b.recall < a.recall ? b : a))
  const more = moreFrames(worst.frames, worst.recall)
  const missed = wrong.filter(({ truth }) => truth === worst.state)
  const dark = missed.filter(({ brightness }) => brightness !== null && brightness < DARK)
  const when = missed.length > 0 && dark.length * 2 > missed.length ? ' in the dark' : ''
  return `needs about ${more} more frames of \`${worst.state}\`${when}`
}

/** Errors fall about as one over the number of labels, so a state twice as often wrong as it may be needs twice as many. */
function moreFrames(frames: number, recall: number): number {
  const needed = (frames * (1 - recall)) / (1 - GOOD)
  return Math.min(Math.max(Math.ceil(needed - frames), 5), 50)
}
