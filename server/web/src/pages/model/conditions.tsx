import type { Evaluation } from '../../api/model-bodies.ts'
import { StatesTable } from '../../models/states-table.tsx'
import { conditionInWords, DARK_HINT } from '../../models/words.ts'

interface ConditionsProps {
  evaluation: Evaluation
  states: string[]
  /** What was judged. */
  shot: 'frame' | 'reading'
}

/** In light and in dark pictures, and for each state. */
export function Conditions({ evaluation: { day, night, perState, temperature }, states, shot }: ConditionsProps) {
  return (
    <>
      {(day || night) && (
        <dl class="conditions">
          <div>
            <dt>light pictures</dt>
            <dd>{conditionInWords(day)}</dd>
          </div>
          <div>
            <dt>dark pictures</dt>
            <dd>{conditionInWords(night)}</dd>
          </div>
        </dl>
      )}
      {(day || night) && <p class="hint">{DARK_HINT}</p>}
      {perState && <StatesTable perState={perState} states={states} shot={shot} />}
      {temperature !== undefined && <p class="hint">{sureness(temperature)}</p>}
    </>
  )
}

/** How sure it is of itself against how often it is right; that is set right in what it says. */
function sureness(temperature: number): string {
  const figure = `(temperature ${Math.round(temperature * 100) / 100})`
  if (temperature > 1.05) return `It was surer than it was right, which is corrected in its confidence ${figure}.`
  if (temperature < 0.95) return `It was more often right than sure, which is corrected in its confidence ${figure}.`
  return `Its confidence is about as often right as it says ${figure}.`
}
