import type { Evaluation } from '../api/model-bodies.ts'
import { StateBadge } from '../design/state-badge.tsx'
import { rateInWords } from './words.ts'

interface StatesTableProps {
  perState: NonNullable<Evaluation['perState']>
  /** All states of the camera, for their colours. */
  states: string[]
  /** What was judged. */
  shot: 'frame' | 'reading'
}

/** How often each state is found, and how often it is true where the model says it. */
export function StatesTable({ perState, states, shot }: StatesTableProps) {
  return (
    <table class="figures-table">
      <thead>
        <tr>
          <th scope="col">state</th>
          <th scope="col">{shot}s</th>
          <th scope="col" title={`recall: of the ${shot}s of this state, those that the model found`}>
            found
          </th>
          <th scope="col" title={`precision: of the ${shot}s that the model said to be in this state, those that are`}>
            true when said
          </th>
        </tr>
      </thead>
      <tbody>
        {perState.map(({ state, frames, precision, recall }) => (
          <tr key={state}>
            <th scope="row">
              <StateBadge state={state} states={states} />
            </th>
            <td>{frames}</td>
            <td>{rateOrDash(recall)}</td>
            <td>{rateOrDash(precision)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function rateOrDash(rate: number | null): string {
  return rate === null ? '–' : rateInWords(rate)
}
