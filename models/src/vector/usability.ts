import { setImmediate as breathe } from 'node:timers/promises'
import { apartOf, timeFolds } from '../evaluation/folds.ts'
import { descend } from '../head/descent.ts'
import type { Sample } from '../head/sample.ts'
import { checkSamples } from '../head/train.ts'
import { ModelsError } from '../models-error.ts'
import { heldOnce } from './holds.ts'
import { teach } from './lesson.ts'
import { standardised } from './predict.ts'
import { FEWEST_OF_A_PAIR, type Side, separabilityOf } from './separability.ts'
import { type Compared, isBetter, type UsabilityGrade, verdictOf } from './usability-verdict.ts'
import { embeddedLength, type VectorView } from './view.ts'

export interface Usability extends Pick<Compared, 'pairs' | 'right' | 'window'> {
  /** A wider window with which clearly more get their state, as was computed; null where none was found. */
  wider: Compared['wider']
  /** `usable`: 85 of 100 held-out readings get their state, or all pairs are apart. */
  grade: UsabilityGrade
  /** Whether the grade is that. */
  usable: boolean
  /** In words, with what to do. */
  verdict: string
}

export interface UsabilityOptions {
  states: string[]
  view: VectorView
  /** The same readings by a wider window, asked for only where this one is not enough; null where they cannot be had. */
  wider?: () => Promise<{ samples: Sample[]; view: VectorView } | null>
  /** Ends it with `cancelled`. */
  signal?: AbortSignal
}

/** So many of each state at most, by all that may be multiplied in bounded time (rows times rows times inputs). */
const MOST_ROWS = 800
const MOST_PRODUCTS = 1.5e9
/** The same for the descent (rows times rows times states times epochs), which goes so far at least. */
const MOST_STEPS = 3e8
const FEWEST_EPOCHS = 20

/**
 * How well the readings of each two states can be told apart: a straight boundary is learned from some blocks of time and
 * asked about the others, once for each block, which takes seconds where a training takes minutes. What it cannot tell
 * apart a network may yet, a little; what it can a network will.
 * @throws ModelsError `too_few_states` | `bad_samples` | `cancelled`
 */
export async function usability(
  samples: Sample[],
  { states, view, wider, signal }: UsabilityOptions,
): Promise<Usability> {
  checkSamples(samples, states, view)
  const counted = samples.filter(({ judgeOnly }) => !judgeOnly)
  const groups = Map.groupBy(counted, ({ state }) => state)
  const { pairs, right } = await compare(counted, { states, view, signal })
  const compared: Compared = {
    ...{ states, pairs, right, window: view.window, wider: null },
    lacking: states.filter((state) => (groups.get(state)?.length ?? 0) < FEWEST_OF_A_PAIR),
    once: heldOnce(counted, states),
  }
  const isAsked = right !== null && verdictOf(compared).grade !== 'usable'
  const other = isAsked ? await wider?.() : null
  if (other) {
    const { right } = await compare(other.samples, { states, view: other.view, signal })
    if (right !== null) compared.wider = { window: other.view.window, right }
  }
  const { grade, verdict } = verdictOf(compared)
  const helps = isBetter(compared) ? compared.wider : null
  return { ...{ pairs, right, window: view.window, wider: helps }, grade, usable: grade === 'usable', verdict }
}

/** Each two of the states, and all of them together. @param counted none that is only to be judged */
async function compare(
  counted: Sample[],
  { states, view, signal }: { states: string[]; view: VectorView; signal: AbortSignal | undefined },
): Promise<Pick<Compared, 'pairs' | 'right'>> {
  const right = states.map(() => states.map((): Side => ({ right: 0, all: 0 })))
  const whole = states.map((): Side => ({ right: 0, all: 0 }))
  const groups = Map.groupBy(counted, ({ state }) => state)
  const known = states.filter((state) => (groups.get(state)?.length ?? 0) >= FEWEST_OF_A_PAIR)
  const chosen = known.length < 2 ? [] : few(counted, known, embeddedLength(view))
  for (const { train, test } of timeFolds(chosen, {
    ...{ states: known, apartMs: apartOf(counted, view), mostFolds: 3 },
  })) {
    await breathe()
    if (signal?.aborted) throw new ModelsError('cancelled', 'caller', 'the comparison was cancelled')
    const taught = teach(train, known)
    const { rows, width, labels } = taught
    const scale = 1 / Math.sqrt(width)
    const scaled = rows.map((value) => value * scale)
    const steps = MOST_STEPS / (labels.length ** 2 * known.length)
    const fitted = descend(
      { rows: scaled, width, labels: [...labels], states: known.length },
      { onEpoch: (epoch) => epoch < Math.max(steps, FEWEST_EPOCHS) },
    )
    for (const sample of test) {
      const inputs = standardised(taught.scaling, sample.features[0] as Float32Array)
      const scores = Float64Array.from(fitted.bias)
      inputs.forEach((input, j) => {
        for (let k = 0; k < scores.length; k++)
          scores[k] = (scores[k] as number) + input * scale * (fitted.weights[j * scores.length + k] as number)
      })
      count(sample.state, scores)
    }
  }
  const pairs = states.flatMap((a, i) =>
    states.slice(i + 1).map((b) => separabilityOf(a, b, sideOf(a, b), sideOf(b, a))),
  )
  const shares = whole.map((side) => (side.all < FEWEST_OF_A_PAIR ? null : side.right / side.all))
  const isKnown = shares.every((share) => share !== null)
  return { pairs, right: isKnown ? shares.reduce((sum, share) => sum + share, 0) / shares.length : null }

  function sideOf(truth: string, other: string): Side {
    return right[states.indexOf(truth)]?.[states.indexOf(other)] as Side
  }

  function count(truth: string, scores: Float64Array) {
    const own = scores[known.indexOf(truth)] as number
    let isBest = true
    known.forEach((other, k) => {
      if (other === truth) return
      const isRight = own > (scores[k] as number)
      isBest &&= isRight
      add(sideOf(truth, other), isRight)
    })
    add(whole[states.indexOf(truth)] as Side, isBest)
  }

  function add(side: Side, isRight: boolean) {
    side.all += 1
    side.right += isRight ? 1 : 0
  }
}

/** Of each state so many as can be compared in bounded time, evenly over time. */
function few(samples: Sample[], states: string[], inputs: number): Sample[] {
  const rows = Math.min(MOST_ROWS, Math.sqrt(MOST_PRODUCTS / inputs))
  const each = Math.max(Math.floor(rows / states.length), 2 * FEWEST_OF_A_PAIR)
  return states.flatMap((state) => {
    const group = samples.filter((sample) => sample.state === state).toSorted((a, b) => a.capturedAtMs - b.capturedAtMs)
    const count = Math.min(each, group.length)
    return Array.from({ length: count }, (_, i) => group[Math.floor((i * group.length) / count)] as Sample)
  })
}
