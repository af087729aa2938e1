import type { Evaluation } from '../evaluation/evaluate.ts'
import type { WrongFrame } from '../evaluation/score.ts'

/** Judges the evaluation in a manifest, all that is read of it: by the server, by the console, and by people. */

const MOST_TEXT = 1000
const CONDITIONS: (string | null)[] = [null, 'day', 'night']

/**
 * Whether it is an evaluation of a model of these states.
 * @param value with what an evaluation of an older format lacks (`renewedEvaluation`)
 */
export function isEvaluation(value: Evaluation, states: string[]): boolean {
  const isState = (state: unknown) => states.includes(state as string)
  const isFrame = ({ frame, truth, said, confidence, brightness = null }: WrongFrame) =>
    isText(frame) && isState(truth) && isState(said) && isShare(confidence) && isNullOr(brightness, isAmount)
  const { perState, curve, advice, day, night } = value
  return (
    isScore(value) &&
    isTable(value, states) &&
    isListOf(value.wrong, isFrame) &&
    isListOf(value.suspects, isFrame) &&
    isListOf(
      perState,
      (one) => isState(one.state) && isWhole(one.frames) && isRate(one.precision) && isRate(one.recall),
    ) &&
    isListOf(curve, (point) => isShare(point.share) && isAmount(point.labels) && isShare(point.balancedAccuracy)) &&
    [day, night].every((score) => isNullOr(score, isScore)) &&
    isNullOr(advice, ({ state, more, when }) => isState(state) && isAmount(more) && CONDITIONS.includes(when)) &&
    [value.accuracy, value.majority].every((share) => isNullOr(share, isShare)) &&
    [value.folds, value.borrowed].every((count) => count === undefined || isWhole(count)) &&
    [undefined, 'own', 'all'].includes(value.judgedOn) &&
    isAmount(value.temperature) &&
    isWhole(value.apartMs) &&
    isText(value.verdict)
  )
}

/** The confusion matrix is of the model's own states, in whatever order. */
function isTable({ states, confusion }: Evaluation, known: string[]): boolean {
  const isOfAll = (list: unknown[]) => list.length === known.length
  return (
    isListOf(states, (state) => known.includes(state)) &&
    isOfAll(states) &&
    isListOf(confusion, (row) => isListOf(row, isWhole) && isOfAll(row)) &&
    isOfAll(confusion)
  )
}

function isScore({ frames, balancedAccuracy, interval }: Pick<Evaluation, 'frames' | 'balancedAccuracy' | 'interval'>) {
  const isInterval = isRecord(interval) && isShare(interval.low) && isShare(interval.high)
  return isWhole(frames) && isShare(balancedAccuracy) && isInterval
}

function isListOf<Item>(list: Item[], is: (item: Item) => boolean): boolean {
  return Array.isArray(list) && list.every((item) => item !== null && is(item))
}

function isNullOr<Value>(value: Value | null, is: (value: Value) => boolean): boolean {
  return value === null || (value !== undefined && is(value))
}

function isRate(value: unknown): boolean {
  return isNullOr(value, isShare)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_TEXT
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1
}

/** Any number from zero on. */
export function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0
}

export function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
