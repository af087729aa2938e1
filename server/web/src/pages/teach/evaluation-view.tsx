import { useState } from 'preact/hooks'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted } from '../../design/words.ts'
import { pictureAddress } from '../../picture/picture-loader.ts'
import type { Evaluation } from './lesson.ts'
import { verdictInWords } from './readiness.ts'

const SHOWN_AT_ONCE = 12

/** Lays out frames, and goes to one of them. */
export type Review = (frames: string[], chosen: string) => Promise<void>

interface EvaluationViewProps {
  evaluation: Evaluation
  states: string[]
  onReview: Review
}

/** How good a model is on frames that it had not learned from, and where it errs. */
export function EvaluationView({ evaluation, states, onReview }: EvaluationViewProps) {
  const { balancedAccuracy, interval, frames, wrong, verdict } = evaluation
  const [most, setMost] = useState(SHOWN_AT_ONCE)
  const shown = wrong.slice(0, most)
  const ids = shown.map(({ frame }) => frame)
  return (
    <div class="evaluation">
      <div class="figures">
        <p class="accuracy">
          <strong>{percentOf(balancedAccuracy)}</strong>
          <span>
            right, between {percentOf(interval.low)} and {percentOf(interval.high)}
          </span>
        </p>
        <p class={verdict === 'ready' ? 'verdict ready' : 'verdict'}>{verdictInWords(verdict)}</p>
        <p class="hint">
          On {counted(frames, 'labelled frame')}, each judged by a model that had not seen its time. The second figures
          are the 95 % interval.
        </p>
      </div>
      <Confusion evaluation={evaluation} />
      {wrong.length > 0 && (
        <div class="wrong-frames">
          <h2>{wrong.length === 1 ? 'The frame it got wrong' : `The ${wrong.length} frames it got wrong`}</h2>
          <p class="hint">
            Was the label right? Then more frames like these help. If not, choose the frame and label it anew.
          </p>
          <ul>
            {shown.map(({ frame, truth, said, confidence }) => (
              <li key={frame}>
                <button type="button" onClick={() => void onReview(ids, frame)}>
                  <img src={pictureAddress(frame, 320)} alt="" loading="lazy" />
                  <span>
                    label <StateBadge state={truth} states={states} />
                  </span>
                  <span>
                    model <StateBadge state={said} states={states} confidence={confidence} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {wrong.length > most && (
            <Button onClick={() => setMost(most + SHOWN_AT_ONCE)}>
              {Math.min(SHOWN_AT_ONCE, wrong.length - most)} more of {wrong.length}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

function Confusion({ evaluation: { states, confusion } }: { evaluation: Evaluation }) {
  return (
    <div class="confusion">
      <table>
        <caption>What the model said of frames, by their label</caption>
        <thead>
          <tr>
            <th scope="col">label</th>
            {states.map((state) => (
              <th key={state} scope="col">
                said {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {states.map((truth, row) => (
            <tr key={truth}>
              <th scope="row">{truth}</th>
              {states.map((said, column) => {
                const count = confusion[row]?.[column] ?? 0
                return (
                  <td key={said} class={row === column ? 'right' : count > 0 ? 'wrong' : ''}>
                    {count}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A rate is counted, so unlike a confidence it may be all of it. */
function percentOf(rate: number): string {
  return `${Math.round(rate * 1000) / 10} %`
}
