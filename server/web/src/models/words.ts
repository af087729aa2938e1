import type { Advice, Condition, Evaluation, Gate, Interval } from '../api/model-bodies.ts'
import { counted } from '../design/words.ts'

/** How it is said how good a model is. */

/** A rate is counted, so unlike a confidence it may be all of it. */
export function rateInWords(rate: number): string {
  return `${Math.round(rate * 1000) / 10} %`
}

export function intervalInWords({ low, high }: Interval): string {
  return `${rateInWords(low)} and ${rateInWords(high)}`
}

export interface VerdictWords {
  isReady: boolean
  title: string
  /** What to do next, as a sentence. */
  next: string
}

export interface VerdictOptions {
  evaluation: Pick<Evaluation, 'advice'> | null
  /** The model than which it is worse, as `model 1`: then nobody is told to rely on it. */
  worseThan?: string | null
  /** Labels that look wrong: they are to be looked at before anything else. */
  suspects?: number
}

/** @param verdict `ready`, also `ready; but ...`, or what the model needs or why nothing can be said of it */
export function verdictInWords(
  verdict: string | null,
  { evaluation, worseThan = null, suspects = 0 }: VerdictOptions,
): VerdictWords {
  const [, but = null] = /^ready(?:; (.+))?$/s.exec(verdict ?? '') ?? []
  const isReady = verdict !== null && /^ready(;|$)/.test(verdict)
  if (worseThan !== null)
    return {
      isReady: false,
      title: `Worse than ${worseThan}`,
      next: isReady ? 'By its own labels it would do: look at what it lost.' : needInWords(verdict, evaluation, false),
    }
  if (isReady)
    return {
      isReady,
      title: 'Ready',
      next: but === null ? 'Good enough to rely on.' : sentenceOf(but.replaceAll('`', '')),
    }
  const title = evaluation ? 'Not ready yet' : 'Not judged yet'
  return { isReady, title, next: needInWords(verdict, evaluation, suspects > 0) }
}

/** The server says so where labels look wrong; the console has a link for it. */
const SUSPECTS_FIRST = /^check the [^;]*(?: first, then|; if right,) (it )?/

const sentenceOf = (text: string) => (/[.!]$/.test(text) ? capital(text) : `${capital(text)}.`)

/** @param isThen whether something else comes first */
function needInWords(verdict: string | null, evaluation: VerdictOptions['evaluation'], isThen: boolean): string {
  const said = (verdict ?? 'nobody knows how good it is').replaceAll('`', '').replace(SUSPECTS_FIRST, '')
  const text =
    evaluation?.advice && said.startsWith('needs ') && !said.includes(' reading')
      ? adviceInWords(evaluation.advice)
      : said
  const it = isThen ? 'Then it' : 'It'
  const sentence = text.startsWith('needs ') ? `${it} ${text}` : capital(text)
  return sentence.endsWith('.') ? sentence : `${sentence}.`
}

function adviceInWords({ state, more, when }: Advice): string {
  return `needs about ${counted(more, 'more frame')} of ${state}${when === null ? '' : `, ${PICTURES[when]}`}`
}

/** A picture is dark below this mean brightness, of 255; as the server has it. */
const DARK = 60
const PICTURES = { day: 'light pictures', night: 'dark pictures' }
export const DARK_HINT = `A picture is dark where its mean brightness is below ${DARK} of 255.`

/** `model 3`, of `device/camera@3` */
export const modelName = (model: string) => `model ${model.split('@')[1] ?? model}`

/** Whether anything was compared. */
export function isTelling({ frames }: Gate): boolean {
  return frames > 0
}

/**
 * How much worse or better a model is than the one that was active, in points of a hundred.
 * @param than the other one, as `model 1`
 */
export function gateInWords({ frames, candidate, active }: Gate, than: string): string {
  const points = Math.round((candidate - active) * 1000) / 10
  const by = points === 0 ? 'just as often' : `${Math.abs(points)} points ${points < 0 ? 'less' : 'more'}`
  return (
    `On the ${counted(frames, 'frame')} by which ${than} was judged, with their labels of then, this one is right in ` +
    `${rateInWords(candidate)}, ${than} in ${rateInWords(active)}: ${by}.`
  )
}

/** What the server says of a model that it did not activate, without what only its API can do. */
export function refusalInWords(reason: string): string {
  const text = capital(reason.replace(' (`force`)', '').replaceAll('`', ''))
  return text.endsWith('.') ? text : `${text}.`
}

/** What else the comparison saw, as far as there is something to say. */
export function gateDetails({ lost, gained, relabelled, reason, since }: Gate): string[] {
  // Left out, or too many for that: then by the labels of then. The server's reason says which.
  const otherwise =
    reason === null ? `${counted(relabelled, 'frame')} labelled otherwise since.` : refusalInWords(reason)
  return [
    ...(lost + gained > 0 ? [`${counted(lost, 'frame')} lost, ${gained} won.`] : []),
    ...(relabelled > 0 ? [otherwise] : []),
    ...(since && since.frames > 0
      ? [
          `Of ${counted(since.frames, 'frame')} labelled since: ${rateInWords(since.candidate)} against ` +
            `${rateInWords(since.active)}.`,
        ]
      : []),
  ]
}

export function conditionInWords(condition: Condition | null | undefined): string {
  if (!condition) return 'none has a label yet'
  return `${rateInWords(condition.balancedAccuracy)} of ${counted(condition.frames, 'frame')}`
}

const ORIGINS: Record<string, string> = {
  trained: 'trained here',
  uploaded: 'uploaded',
  copied: 'copied from another camera',
}

export const originInWords = (origin: string) => ORIGINS[origin] ?? origin

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
