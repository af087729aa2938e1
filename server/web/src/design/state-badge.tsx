import { percent } from './words.ts'

/** Colours for states in the order of the camera's list; more states than colours begin anew. */
const COLOURS = 8

/** Which colour and mark a state has: `0`..`7`, or `unknown`. */
export function stateMark(state: string, states: string[]): string {
  const index = states.indexOf(state)
  return state === 'unknown' || index < 0 ? 'unknown' : String(index % COLOURS)
}

interface StateBadgeProps {
  state: string
  /** All states of the camera. */
  states: string[]
  /** 0..1 */
  confidence?: number | null
}

/** A state by its name, its colour, and a mark of its own shape for those who see no colours. */
export function StateBadge({ state, states, confidence = null }: StateBadgeProps) {
  return (
    <span class="state-badge" data-state={stateMark(state, states)}>
      <span class="mark" aria-hidden="true" />
      <span class="name">{state}</span>
      {confidence !== null && <span class="confidence">{percent(confidence)}</span>}
    </span>
  )
}
