import type { Condition, Gate, Interval } from '../api/model-bodies.ts'
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

/**
 * @param verdict `ready`, or what the model needs or why nothing can be said of it
 * @param isJudged whether there is an evaluation
 */
export function verdictInWords(verdict: string | null, isJudged = true): VerdictWords {
  if (verdict === 'ready') return { isReady: true, title: 'Ready', next: 'Good enough to rely on.' }
  const text = (verdict ?? 'nobody knows how good it is').replaceAll('`', '')
  const sentence = text.startsWith('needs ') ? `It ${text}` : capital(text)
  const title = isJudged ? 'Not ready yet' : 'Not judged yet'
  return { isReady: false, title, next: sentence.endsWith('.') ? sentence : `${sentence}.` }
}

/** How much worse or better a model is than the one that was active, in points of a hundred. */
export function gateInWords({ frames, candidate, active }: Gate): string {
  const points = Math.round((candidate - active) * 1000) / 10
  const than = points === 0 ? 'just as often' : `${Math.abs(points)} points ${points < 0 ? 'less' : 'more'}`
  return (
    `On the ${counted(frames, 'frame')} that the active model was judged by, this one is right in ` +
    `${rateInWords(candidate)}, the active one in ${rateInWords(active)}: ${than}.`
  )
}

/** What else the comparison saw, as far as there is something to say. */
export function gateDetails({ lost, gained, relabelled, since }: Gate): string[] {
  return [
    ...(lost + gained > 0 ? [`${counted(lost, 'frame')} lost, ${gained} won.`] : []),
    ...(relabelled > 0 ? [`${counted(relabelled, 'of them has', 'of them have')} another label now.`] : []),
    ...(since && since.frames > 0
      ? [
          `Of ${counted(since.frames, 'frame')} labelled since: ${rateInWords(since.candidate)} against ` +
            `${rateInWords(since.active)}.`,
        ]
      : []),
  ]
}

export function conditionInWords(condition: Condition | null | undefined): string {
  if (!condition) return 'none judged'
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
