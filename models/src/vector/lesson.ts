import type { Sample } from '../head/sample.ts'
import type { Estimator } from './head.ts'
import type { Lesson } from './network.ts'

/** So many numbers are learned from at most: of more, every so many readings of each state, evenly over time. */
const MOST_VALUES = 2_000_000
/** A deviation that is less of its mean than this is what 32 bits round. */
const ROUNDED = 1e-6
/** Each state's readings are cut in so many runs in time, one of which is held back to stop by. */
const RUNS = 6
/** With fewer readings of a state nothing is held back. */
const FEWEST_TO_HOLD = 2 * RUNS

/** Samples as networks learn from them. */
export interface Taught {
  /** Of all inputs; a part's are a piece of them. */
  scaling: Pick<Estimator, 'mean' | 'factor'>
  /** Standardised, by state and in the order of time within it. */
  rows: Float32Array
  width: number
  labels: Uint8Array
  states: number
}

/** @param samples checked, at least two of each state */
export function teach(samples: Sample[], states: string[]): Taught {
  const chosen = thinned(samples, states)
  const width = chosen[0]?.sample.features[0]?.length ?? 0
  const looks = chosen.map(({ sample }) => sample.features[0] as Float32Array)
  const scaling = scalingOf(looks, width)
  const rows = new Float32Array(looks.length * width)
  looks.forEach((look, i) => {
    for (let j = 0; j < width; j++)
      rows[i * width + j] = ((look[j] as number) - (scaling.mean[j] as number)) * (scaling.factor[j] as number)
  })
  return { scaling, rows, width, labels: Uint8Array.from(chosen, ({ label }) => label), states: states.length }
}

/** What one network learns from: inputs `from` to `to`, and one run of each state held back, another one for each `round`. */
export function lessonOf(
  { rows, width, labels, states }: Taught,
  { from, to }: { from: number; to: number },
  round: number,
): Lesson {
  const part = to - from
  const pieces = part === width ? rows : new Float32Array(labels.length * part)
  if (pieces !== rows)
    for (let i = 0; i < labels.length; i++) pieces.set(rows.subarray(i * width + from, i * width + to), i * part)
  return { rows: pieces, width: part, labels, states, ...heldBack(labels, states, round) }
}

function heldBack(labels: Uint8Array, states: number, round: number): Pick<Lesson, 'learned' | 'held'> {
  const all = Array.from(labels.keys())
  const groups = Array.from({ length: states }, (_, state) => all.filter((row) => labels[row] === state))
  if (groups.some((group) => group.length < FEWEST_TO_HOLD)) return { learned: all, held: [] }
  const held = groups.flatMap((group) => {
    const run = round % RUNS
    return group.slice(Math.floor((run * group.length) / RUNS), Math.floor(((run + 1) * group.length) / RUNS))
  })
  const isHeld = new Set(held)
  return { learned: all.filter((row) => !isHeld.has(row)), held }
}

function thinned(samples: Sample[], states: string[]): { sample: Sample; label: number }[] {
  const width = samples[0]?.features[0]?.length || 1
  const most = Math.max(Math.floor(MOST_VALUES / width / states.length), 2)
  const groups = Map.groupBy(samples, ({ state }) => state)
  return states.flatMap((state, label) => {
    const group = (groups.get(state) ?? []).toSorted(
      (a, b) => a.capturedAtMs - b.capturedAtMs || (a.frame < b.frame ? -1 : 1),
    )
    const count = Math.min(group.length, most)
    return Array.from({ length: count }, (_, i) => ({
      sample: group[Math.floor((i * group.length) / count)] as Sample,
      label,
    }))
  })
}

/** Inputs that never move count nothing: whatever they are later, nothing is known of it. */
function scalingOf(looks: Float32Array[], width: number): Pick<Estimator, 'mean' | 'factor'> {
  const sums = new Float64Array(width)
  const squares = new Float64Array(width)
  for (const look of looks) for (let j = 0; j < width; j++) sums[j] = (sums[j] as number) + (look[j] as number)
  const mean = sums.map((sum) => sum / looks.length)
  for (const look of looks)
    for (let j = 0; j < width; j++)
      squares[j] = (squares[j] as number) + ((look[j] as number) - (mean[j] as number)) ** 2
  const factor = Float32Array.from(squares, (sum, j) => {
    const deviation = Math.sqrt(sum / looks.length)
    return deviation > ROUNDED * Math.abs(mean[j] as number) && deviation > 1e-20 ? 1 / deviation : 0
  })
  return { mean: Float32Array.from(mean), factor }
}
