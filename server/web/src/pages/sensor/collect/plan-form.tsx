import { useSignal } from '@preact/signals'
import { Button } from '../../../design/elements.tsx'
import { StateBadge } from '../../../design/state-badge.tsx'
import { NumberField } from '../../camera/number-field.tsx'
import type { Plan } from './collecting.ts'

interface PlanFormProps {
  states: string[]
  /** Labelled readings by state. */
  counts: Record<string, number>
  onStart(plan: Plan): void
}

const READINGS = 200
const ROUNDS = 2
const MOST_READINGS = 5000
const MOST_ROUNDS = 10

/** Which states are held, how often, and for how many readings. */
export function PlanForm({ states, counts, onStart }: PlanFormProps) {
  const left = useSignal<string[]>([])
  const readings = useSignal(READINGS)
  const rounds = useSignal(ROUNDS)
  const chosen = states.filter((state) => !left.value.includes(state))
  return (
    <form
      class="plan"
      onSubmit={(event) => {
        event.preventDefault()
        onStart({ states: chosen, rounds: rounds.value, readings: readings.value })
      }}
    >
      <fieldset>
        <legend>States to hold</legend>
        <ul>
          {states.map((state) => (
            <li key={state}>
              <label class="check">
                <input
                  type="checkbox"
                  checked={!left.value.includes(state)}
                  onChange={({ currentTarget }) => {
                    const others = left.value.filter((other) => other !== state)
                    left.value = currentTarget.checked ? others : [...others, state]
                  }}
                />
                <StateBadge state={state} states={states} />
                <small>{counts[state] ?? 0} labelled</small>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <div class="side-by-side">
        <NumberField
          label="Readings of each"
          hint={`A sensor that sends 10 a second takes ${Math.ceil(readings.value / 10) || '…'} s for them.`}
          error={null}
          value={readings}
          max={MOST_READINGS}
        />
        <NumberField
          label="Rounds"
          hint="With two, a model is tested on a time that it has not seen."
          error={null}
          value={rounds}
          max={MOST_ROUNDS}
        />
      </div>
      <div>
        <Button kind="main" type="submit" disabled={chosen.length === 0}>
          Start collecting
        </Button>
      </div>
    </form>
  )
}
