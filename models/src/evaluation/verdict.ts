import type { CurvePoint } from './curve.ts'
import { type Score, sumOf, type WrongFrame } from './score.ts'

/** What to label next. */
export interface Advice {
  state: string
  /** About so many frames more. */
  more: number
  /** Where most frames that it gets wrong of this state were taken; null where that makes no difference. */
  when: Condition | null
}

export type Condition = 'day' | 'night'

/** Below this the camera is not ready: it would be wrong about one frame in twenty. */
const GOOD = 0.95
/** With a lower end of the interval below this, too few frames were judged to know; 20 right ones per state suffice. */
const SURE = 0.8
/** Mean luminance, of 255. */
const DARK = 60
/** A curve that falls less than this with more labels says nothing of how many more are needed. */
const LEAST_SLOPE = 0.1
const FEWEST_MORE = 5
const MOST_MORE = 200

/** @returns null where it is not known */
export function conditionOf({ brightness }: Pick<WrongFrame, 'brightness'>): Condition | null {
  return brightness === null ? null : brightness < DARK ? 'night' : 'day'
}

/** Which frames would help most, or null where the model is good enough. */
export function advise(
  { states, confusion, balancedAccuracy, interval, wrong }: Score,
  judged: WrongFrame[],
  curve: CurvePoint[],
): Advice | null {
  if (balancedAccuracy >= GOOD && interval.low >= SURE) return null
  const worst = states
    .map((state, i) => {
      const row = confusion[i] ?? []
      const frames = sumOf(row)
      // The same correction as in the interval's, so that a state with few frames is not taken for a good one.
      return { state, frames, recall: ((row[i] ?? 0) + 2) / (frames + 4) }
    })
    .reduce((a, b) => (b.recall < a.recall ? b : a))
  const byCount = (worst.frames * (1 - worst.recall)) / (1 - GOOD) - worst.frames
  const more = balancedAccuracy < GOOD ? (moreByCurve(curve, states.length) ?? byCount) : byCount
  const when = whereMissed(
    wrong.filter(({ truth }) => truth === worst.state),
    judged,
  )
  return { state: worst.state, more: about(more), when }
}

/** @param suspects labels that look wrong: more frames do not make up for them */
export function inWords(advice: Advice | null, suspects: number, noun = 'frame'): string {
  if (!advice) return 'ready'
  if (suspects > 0) {
    const labels = suspects === 1 ? 'the label that looks' : `the ${suspects} labels that look`
    return `check ${labels} wrong; if right, ${inWords(advice, 0, noun)}`
  }
  const { state, more, when } = advice
  const where = when === 'night' ? ' at night' : when === 'day' ? ' by day' : ''
  return `needs about ${more} more ${noun}s of \`${state}\`${where}`
}

/**
 * Errors fall about as a power of the number of labels (Hestness and others 2017, "Deep learning scaling is
 * predictable"): the power is fitted on the curve, which says how many labels would be enough.
 * @returns how many more of one state, or null where the curve does not fall
 */
function moreByCurve(curve: CurvePoint[], states: number): number | null {
  const points = curve
    .filter(({ labels, balancedAccuracy }) => labels > 0 && balancedAccuracy < 1)
    .map(({ labels, balancedAccuracy }) => ({ x: Math.log(labels), y: Math.log(1 - balancedAccuracy) }))
  const last = curve.at(-1)
  if (points.length < 3 || !last) return null
  const middle = {
    x: sumOf(points.map(({ x }) => x)) / points.length,
    y: sumOf(points.map(({ y }) => y)) / points.length,
  }
  const width = sumOf(points.map(({ x }) => (x - middle.x) ** 2))
  const slope = -sumOf(points.map(({ x, y }) => (x - middle.x) * (y - middle.y))) / width
  if (!(slope >= LEAST_SLOPE)) return null
  const needed = Math.exp(middle.x + (middle.y - Math.log(1 - GOOD)) / slope)
  return (needed - last.labels) / states
}

/** Named where both were judged, for else it would not tell anything. */
function whereMissed(missed: WrongFrame[], judged: WrongFrame[]): Condition | null {
  for (const condition of ['night', 'day'] as const) {
    const other = condition === 'night' ? 'day' : 'night'
    const both = [condition, other].every((one) => judged.some((frame) => conditionOf(frame) === one))
    const here = missed.filter((frame) => conditionOf(frame) === condition)
    if (both && here.length * 2 > missed.length) return condition
  }
  return null
}

function about(frames: number): number {
  const step = frames > 20 ? 5 : 1
  return Math.min(Math.max(Math.ceil(frames / step) * step, FEWEST_MORE), MOST_MORE)
}
