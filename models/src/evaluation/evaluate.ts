import { type Head, softmax } from '../head/head.ts'
import { openHead } from '../head/predict.ts'
import type { Sample } from '../head/sample.ts'
import { checkSamples } from '../head/train.ts'
import type { VectorDetails, VectorHead } from '../vector/head.ts'
import { heldOnce, inList } from '../vector/holds.ts'
import { detailsFrom } from '../vector/predict.ts'
import type { VectorView } from '../vector/view.ts'
import { type CrossValidationOptions, crossValidate, frameOf } from './cross-validate.ts'
import { type CurvePoint, sharesOf } from './curve.ts'
import { apartOf, byState, type Fold, MOST_FOLDS, timeFolds } from './folds.ts'
import type { Judged } from './learners.ts'
import { isBetween, mistakenInWords, mistakenOf } from './mistaken.ts'
import { balancedAccuracy, confusionOf, type Score, score, sumOf, type TestFrame, type WrongFrame } from './score.ts'
import { fitTemperature } from './temperature.ts'
import { FEWEST_JUDGED, nounOf, unjudgedHere, whyUnjudged } from './unjudged.ts'
import { type Advice, advise, type Condition, conditionOf, inWords } from './verdict.ts'

/** How good a camera's or sensor's model is on frames it has not seen, and what to do about it. */
export interface Evaluation extends Score {
  /** Rounds of cross-validation; every frame was judged in at most one, by a head trained on others far from it in time. */
  folds: number
  /** The share of the judged frames that got their state; null where it was not reckoned, in an older release. */
  accuracy: number | null
  /** The share of the commonest state among them: what always saying that would get right. Null as `accuracy`. */
  majority: number | null
  /** Frames of other cameras that it learned from besides. */
  borrowed: number
  /** `own`: only frames of the camera itself were judged. `all`: it has too few of these, so borrowed ones were, too. */
  judgedOn: 'own' | 'all'
  /** `precision`: how often it is right where it says this state; null where it never does. */
  perState: { state: string; frames: number; precision: number | null; recall: number | null }[]
  /** Frames of mean luminance from 60 of 255 on, and darker ones; null where none was judged. */
  day: ConditionScore | null
  night: ConditionScore | null
  /** The head's scores are divided by it, so that its confidence is how often it is right; confidences here are so, too. */
  temperature: number
  curve: CurvePoint[]
  /** Labels that look wrong, the most suspicious first: the model is sure of another state. */
  suspects: WrongFrame[]
  /** Milliseconds that lie at least between a judged frame and every frame learned from. */
  apartMs: number
  /** What to label next; null where it is ready, or more would not help. */
  advice: Advice | null
  /** `ready`, or the advice in words. */
  verdict: string
}

export interface ConditionScore extends Pick<Score, 'frames' | 'balancedAccuracy' | 'interval'> {}

export interface EvaluateOptions extends CrossValidationOptions {}

export interface Evaluated {
  /** Null where nothing honest can be said: too few frames, or all within minutes. */
  evaluation: Evaluation | null
  /** The evaluation's, or why there is none and what to label. */
  verdict: string
  /** How each frame was judged that could be, those that were only to be judged too. */
  judged: TestFrame[]
}

/** Networks take seconds each, and somebody waits with a hand on the door. */
const FOLDS_OF_VECTORS = 3
/** A wrong label is suspected where the model is at least so sure of another state. */
const SUSPICIOUS = 0.8
const MOST_SUSPECTS = 50

/**
 * Cross-validates the training of a camera by blocks of time (`timeFolds`), on frames of its own where there are enough.
 * @param options the camera's states in order: samples of other states are refused
 * @throws ModelsError `too_few_states` | `bad_samples` | `cancelled`
 */
export async function evaluate(samples: Sample[], options: EvaluateOptions): Promise<Evaluated> {
  const { states, view = null } = options
  checkSamples(samples, states, view)
  const apartMs = apartOf(samples, view)
  const { folds, judgedOn, borrowed, tested } = splitOf(samples, states, {
    apartMs,
    mostFolds: view ? FOLDS_OF_VECTORS : MOST_FOLDS,
  })
  const isEnough = isJudged(folds, states)
  const { judged, curve } = await crossValidate(folds, isEnough ? sharesOf(view) : [1], options)
  const counted = judged.filter(({ sample }) => !sample.judgeOnly)
  const temperature = fitTemperature(counted)
  const frames = counted.map((one) => frameOf(one, states, temperature))
  const all = testSetOf(judged, states, temperature)
  if (!isEnough)
    return { evaluation: null, verdict: whyUnjudged(tested, testsOf(folds), { states, view }), judged: all }
  const evaluation = {
    ...assess(frames, curve, { states, view, apartMs }),
    folds: folds.filter((fold) => testsOf([fold]).length > 0).length,
    ...{ borrowed, judgedOn, temperature },
    ...(judgedOn === 'all' ? { verdict: unjudgedHere(view) } : {}),
  }
  const verdict = evaluation.verdict + (view ? flattering(counted, states) : '')
  return { evaluation: { ...evaluation, verdict }, verdict, judged: all }
}

/** On frames of the camera itself where they can be judged, else on the borrowed ones too. */
function splitOf(samples: Sample[], states: string[], how: { apartMs: number; mostFolds: number }) {
  const besides = samples.filter(({ judgeOnly }) => judgeOnly)
  const learned = samples.filter(({ judgeOnly }) => !judgeOnly)
  const own = learned.filter(({ borrowed }) => !borrowed)
  const more = learned.filter(({ borrowed }) => borrowed)
  const folds = timeFolds(own, { states, more, besides, ...how })
  if (more.length === 0 || isJudged(folds, states))
    return { folds, judgedOn: 'own' as const, borrowed: more.length, tested: own }
  return {
    folds: timeFolds(learned, { states, besides, ...how }),
    judgedOn: 'all' as const,
    ...{ borrowed: more.length, tested: learned },
  }
}

function testsOf(folds: Fold[]): Sample[] {
  return folds.flatMap(({ test }) => test).filter(({ judgeOnly }) => !judgeOnly)
}

function isJudged(folds: Fold[], states: string[]): boolean {
  const tested = byState(testsOf(folds))
  return states.every((state) => (tested.get(state)?.length ?? 0) >= FEWEST_JUDGED)
}

/** Where the figure may be better than the next day will be, this says so. */
function flattering(judged: Judged[], states: string[]): string {
  const once = heldOnce(
    judged.map(({ sample }) => sample),
    states,
  )
  if (once.length === 0) return ''
  return `; all readings of ${inList(once)} come from one hold, so the figure may flatter: hold each state again at another time`
}

/** Of so many readings it is kept what each estimator said: enough to look at. */
const MOST_DETAILED = 100

function testSetOf(judged: Judged[], states: string[], temperature: number): TestFrame[] {
  const detailed = judged.filter(({ estimators }) => estimators)
  const every = Math.ceil(detailed.length / MOST_DETAILED)
  const kept = new Set(detailed.filter((_, i) => i % every === 0))
  return judged.map((one) => {
    const { brightness: _, ...frame } = frameOf(one, states, temperature)
    return kept.has(one) ? { ...frame, details: detailsOf(states, one, temperature) } : frame
  })
}

function detailsOf(states: string[], { estimators = {} }: Judged, temperature: number): VectorDetails {
  return detailsFrom(
    states,
    Object.entries(estimators).map(([name, scores]) => [name, softmax(scores.map((one) => one / temperature))]),
  )
}

/** All that is said of the judged frames. */
function assess(
  judged: WrongFrame[],
  curve: CurvePoint[],
  { states, view, apartMs }: { states: string[]; view: VectorView | null; apartMs: number },
) {
  const scored = score(states, judged)
  const needed = advise(scored, judged, curve)
  const mistaken = needed && view ? mistakenOf(scored) : null
  const advice = mistaken?.words === 'not told apart' ? null : needed
  const under = (condition: Condition) => {
    const frames = judged.filter((frame) => conditionOf(frame) === condition)
    return frames.length === 0 ? null : { frames: frames.length, ...balancedAccuracy(confusionOf(states, frames)) }
  }
  const suspects = scored.wrong
    .filter(({ confidence }) => confidence >= SUSPICIOUS)
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, MOST_SUSPECTS)
  const right = judged.filter(({ truth, said }) => truth === said).length
  // What is between such states is no sign of a wrong label.
  const wrongLabels = suspects.filter((one) => !mistaken || !isBetween(one, mistaken)).length
  const words = mistaken ? [mistakenInWords(mistaken)] : []
  const verdict = advice || !mistaken ? [inWords(advice, wrongLabels, nounOf(view)), ...words] : words
  return {
    ...scored,
    accuracy: right / judged.length,
    majority: Math.max(...scored.confusion.map(sumOf)) / judged.length,
    perState: perState(scored),
    ...{ day: under('day'), night: under('night') },
    curve,
    ...{ suspects, apartMs, advice, verdict: verdict.join('; ') },
  }
}

function perState({ states, confusion }: Score): Evaluation['perState'] {
  return states.map((state, i) => {
    const [right, frames] = [confusion[i]?.[i] ?? 0, sumOf(confusion[i] ?? [])]
    const said = sumOf(confusion.map((row) => row[i] ?? 0))
    return { state, frames, precision: said > 0 ? right / said : null, recall: frames > 0 ? right / frames : null }
  })
}

/** Asks a finished head about frames that it has not learned from. */
export function judge(head: Head | VectorHead, samples: Sample[]): TestFrame[] {
  const { predict } = openHead(head)
  return samples.map((sample) => {
    // Only the state is asked for; whether the lens was covered is another question.
    const { state, confidence } = predict(sample.features[0] as Float32Array, { spread: Number.POSITIVE_INFINITY })
    return { frame: sample.frame, truth: sample.state, said: state, confidence }
  })
}
