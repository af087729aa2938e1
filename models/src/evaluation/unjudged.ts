import type { Sample } from '../head/sample.ts'
import { FEWEST_FRAMES } from '../head/train.ts'
import type { VectorView } from '../vector/view.ts'
import { byState } from './folds.ts'

/** With fewer judged frames of a state nothing is said of it. */
export const FEWEST_JUDGED = 2 * FEWEST_FRAMES

const NOBODY_KNOWS = 'how good it is nobody knows yet'

/** Why nothing honest can be said, and what to label. */
export function whyUnjudged(
  samples: Sample[],
  judged: Sample[],
  { states, view }: { states: string[]; view: VectorView | null },
): string {
  const one = nounOf(view)
  const [labelled, tested] = [byState(samples), byState(judged)]
  for (const state of states) {
    const lacking = FEWEST_JUDGED - (labelled.get(state)?.length ?? 0)
    if (lacking > 0)
      return `needs at least ${lacking} more labelled ${lacking === 1 ? one : `${one}s`} of \`${state}\`: ${NOBODY_KNOWS}`
  }
  const from = view
    ? 'hold each state for some seconds at another time to learn how good it is'
    : 'label frames from other hours to learn how good it is'
  const least = states.reduce((a, b) => ((tested.get(b)?.length ?? 0) < (tested.get(a)?.length ?? 0) ? b : a))
  // The state that keeps the others from being tested is the one whose frames are nearest together.
  const shortest = states
    .map((state) => ({ state, span: spanOf(labelled.get(state) ?? []) }))
    .sort((a, b) => a.span - b.span)[0]
  if (shortest && shortest.span < (view ? SHORT_HOLD_MS : SHORT_MS))
    return `all labelled ${one}s of \`${shortest.state}\` were taken within ${inMinutes(shortest.span)}: ${from}`
  return `the labelled ${one}s of \`${least}\` lie too near in time to those of the other states: ${from}`
}

/** Frames of one such span cannot be on both sides of a split with ten minutes between them, or hardly. */
const SHORT_MS = 60 * 60_000
/** The same for readings, with a second between them. */
const SHORT_HOLD_MS = 10_000

export function nounOf(view: VectorView | null): 'frame' | 'reading' {
  return view ? 'reading' : 'frame'
}

/** A camera or sensor that borrowed all that can be judged. */
export function unjudgedHere(view: VectorView | null): string {
  const [frames, camera] = view ? ['readings', 'sensor'] : ['frames', 'camera']
  return `needs at least ${FEWEST_JUDGED} labelled ${frames} of this ${camera} for each state, taken in different hours: how good it is here nobody knows yet`
}

function spanOf(samples: Sample[]): number {
  const times = samples.map(({ capturedAtMs }) => capturedAtMs)
  return Math.max(...times) - Math.min(...times)
}

function inMinutes(span: number): string {
  const minutes = Math.max(Math.ceil(span / 60_000), 1)
  return minutes === 1 ? 'a minute' : `${minutes} minutes`
}
