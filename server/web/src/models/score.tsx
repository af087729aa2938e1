import type { Evaluation } from '../api/model-bodies.ts'
import { counted } from '../design/words.ts'
import { SuspectsLink, type SuspectsLinkProps } from './suspects-link.tsx'
import { intervalInWords, rateInWords, verdictInWords } from './words.ts'
import './models.css'

interface ScoreProps {
  /** What was judged. */
  shot?: 'frame' | 'reading'

  evaluation: Evaluation | null
  verdict: string | null
  /** The model than which it is worse, as `model 1`. */
  worseThan?: string | null
  /** Labels that look wrong to it still. */
  suspects?: SuspectsLinkProps | null
}

/** Whether one may rely on a model, what would help, and how often it is right. */
export function Score({ shot = 'frame', evaluation, verdict, worseThan = null, suspects = null }: ScoreProps) {
  const { isReady, title, next } = verdictInWords(verdict, { evaluation, worseThan, suspects: suspects?.count ?? 0 })
  return (
    <div class={isReady ? 'score ready' : 'score'}>
      <p class="verdict">
        <strong>{title}</strong> {suspects && suspects.count > 0 && <SuspectsLink {...suspects} />} <span>{next}</span>
      </p>
      {evaluation && (
        <>
          <p class="accuracy">
            <strong>{rateInWords(evaluation.balancedAccuracy)}</strong>{' '}
            <span>right, between {intervalInWords(evaluation.interval)}</span>
          </p>
          <IntervalBar evaluation={evaluation} />
          <p class="hint">
            On the {counted(evaluation.frames, shot)} with a label that could be judged, each by a model that had not
            seen its time; each state counts the same. The range holds the truth in 95 of 100 cases.
          </p>
          <Majority evaluation={evaluation} />
          {evaluation.judgedOn === 'all' && (
            <p class="hint wrong">
              Frames of other cameras were judged too, for too few of its own have a label: how good it is here nobody
              knows.
            </p>
          )}
        </>
      )}
    </div>
  )
}

/** How often one would be right without looking, beside how often the model is: without it a rate says little. */
function Majority({ evaluation: { accuracy = null, majority = null } }: { evaluation: Evaluation }) {
  if (accuracy === null || majority === null) return null
  return (
    <p class="hint">
      Counted one by one {rateInWords(accuracy)} are right; who always says the commonest state is right in{' '}
      {rateInWords(majority)}.
    </p>
  )
}

/** The range in which the truth lies, from nothing to all; its figures stand beside it. */
export function IntervalBar({ evaluation: { balancedAccuracy, interval } }: { evaluation: Evaluation }) {
  const { low, high } = interval
  return (
    <svg class="interval" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="all" width="100" height="6" rx="1" />
      <rect class="range" x={low * 100} width={Math.max(1, (high - low) * 100)} height="6" />
      <rect class="best" x={Math.min(99, balancedAccuracy * 100)} width="1" height="6" />
    </svg>
  )
}
