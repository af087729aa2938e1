import { setImmediate as breathe } from 'node:timers/promises'
import { apartOf, timeFolds } from '../evaluation/folds.ts'
import { descend } from '../head/descent.ts'
import type { Sample } from '../head/sample.ts'
import { checkSamples } from '../head/train.ts'
import { ModelsError } from '../models-error.ts'
import { heldOnce, inList } from './holds.ts'
import { teach } from './lesson.ts'
import { standardised } from './predict.ts'
import { embeddedLength, type VectorView } from './view.ts'

/** Two states against each other, before any training. */
export interface Separability {
  a: string
  b: string
  /** 0: their readings cannot be told apart; 1: each one can. Null where there are too few of them. */
  value: number | null
  words: 'apart' | 'close' | 'not told apart' | 'not known'
}

export interface Usability {
  /** Each state with each that stands after it. */
  pairs: Separability[]
  /** Whether all pairs are known, and none is not told apart. */
  usable: boolean
  /** In words, with what to do. */
  verdict: string
}

export interface UsabilityOptions {
  states: string[]
  view: VectorView
  /** Ends it with `cancelled`. */
  signal?: AbortSignal
}

/** From here on nine of ten readings get the right one of the two. */
const APART = 0.8
/** Below it is little better than a coin: of ten readings not even seven. */
const CLOSE = 0.35
/** So many of each state at most, by all that may be multiplied in bounded time (rows times rows times inputs). */
const MOST_ROWS = 800
const MOST_PRODUCTS = 1.5e9
/** The same for the descent (rows times rows times states times epochs), which goes so far at least. */
const MOST_STEPS = 3e8
const FEWEST_EPOCHS = 20
/** Readings of a state that are judged, without which nothing is said. */
const FEWEST_JUDGED = 4
const MOST_NAMED = 4

/**
 * How well the readings of each two states can be told apart: a straight boundary is learned from some blocks of time and
 * asked about the others, once for each block, which takes seconds where a training takes minutes. What it cannot tell
 * apart a network may yet, a little; what it can a network will.
 * @throws ModelsError `too_few_states` | `bad_samples` | `cancelled`
 */
export async function usability(samples: Sample[], { states, view, signal }: UsabilityOptions): Promise<Usability> {
  checkSamples(samples, states, view)
  const right = states.map(() => states.map(() => ({ right: 0, all: 0 })))
  const counted = samples.filter(({ judgeOnly }) => !judgeOnly)
  const groups = Map.groupBy(counted, ({ state }) => state)
  const known = states.filter((state) => (groups.get(state)?.length ?? 0) >= FEWEST_JUDGED)
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
  const pairs = states.flatMap((a, i) => states.slice(i + 1).map((b) => separability(a, b)))
  return { pairs, ...verdictOf(pairs, states, groups, heldOnce(counted, states)) }

  function count(truth: string, scores: Float64Array) {
    const own = scores[known.indexOf(truth)] as number
    known.forEach((other, k) => {
      if (other === truth) return
      const cell = right[states.indexOf(truth)]?.[states.indexOf(other)]
      if (!cell) return
      cell.all += 1
      cell.right += own > (scores[k] as number) ? 1 : 0
    })
  }

  function separability(a: string, b: string): Separability {
    const [i, j] = [states.indexOf(a), states.indexOf(b)]
    const [one, other] = [right[i]?.[j], right[j]?.[i]]
    if (!one || !other || Math.min(one.all, other.all) < FEWEST_JUDGED) return { a, b, value: null, words: 'not known' }
    const balanced = (one.right / one.all + other.right / other.all) / 2
    const value = Math.max(2 * balanced - 1, 0)
    return { a, b, value, words: value >= APART ? 'apart' : value >= CLOSE ? 'close' : 'not told apart' }
  }
}

/** Of each state so many as can be compared in bounded time, evenly over time. */
function few(samples: Sample[], states: string[], inputs: number): Sample[] {
  const rows = Math.min(MOST_ROWS, Math.sqrt(MOST_PRODUCTS / inputs))
  const each = Math.max(Math.floor(rows / states.length), 2 * FEWEST_JUDGED)
  return states.flatMap((state) => {
    const group = samples.filter((sample) => sample.state === state).toSorted((a, b) => a.capturedAtMs - b.capturedAtMs)
    const count = Math.min(each, group.length)
    return Array.from({ length: count }, (_, i) => group[Math.floor((i * group.length) / count)] as Sample)
  })
}

function verdictOf(
  pairs: Separability[],
  states: string[],
  groups: Map<string, Sample[]>,
  once: string[],
): Pick<Usability, 'usable' | 'verdict'> {
  const lacking = states.filter((state) => (groups.get(state)?.length ?? 0) < FEWEST_JUDGED)
  if (lacking.length > 0)
    return {
      usable: false,
      verdict: `hold ${inList(lacking)} for some seconds: there are too few readings to say anything`,
    }
  const named = (words: Separability['words']) =>
    pairs
      .filter((pair) => pair.words === words)
      .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))
      .map(({ a, b }) => `\`${a}\` and \`${b}\``)
  const [unknown, same, close] = [named('not known'), named('not told apart'), named('close')]
  if (unknown.length > 0)
    return {
      usable: false,
      verdict: `the readings lie too near together in time to say anything of ${some(unknown)}: hold each state again, at another time`,
    }
  const flatter =
    once.length > 0
      ? `; ${inList(once)} ${once.length > 1 ? 'were' : 'was'} held only once, so this may flatter: hold each state again`
      : ''
  if (same.length > 0)
    return {
      usable: false,
      verdict:
        `${some(same)} are not told apart: make one state of them, or move sender or receiver so that the door stands ` +
        `between them${flatter}`,
    }
  if (close.length > 0)
    return {
      usable: true,
      verdict: `${some(close)} are close: expect mistakes between them; more holds and a wider window of readings help${flatter}`,
    }
  return { usable: true, verdict: `all states are apart: train${flatter}` }
}

function some(pairs: string[]): string {
  const more = pairs.length - MOST_NAMED
  return more > 0 ? `${pairs.slice(0, MOST_NAMED).join(', ')} and ${more} pairs more` : pairs.join(', ')
}
