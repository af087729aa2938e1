import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { TakenReading } from '../../api/sensor-bodies.ts'
import { useConsole } from '../../console.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { reasonInWords } from '../../design/words.ts'

interface SaidOfReadingProps {
  reading: TakenReading
  states: string[]
  canOperate: boolean
  /** Told when its label is another one. */
  onLabelled(): void
}

/** What was said of a reading of the past, and its label, which can be corrected. */
export function SaidOfReading({ reading, states, canOperate, onLabelled }: SaidOfReadingProps) {
  const { notices } = useConsole()
  const label = useSignal(reading.label)
  const { result } = reading
  const say = async (state: string) => {
    const said = label.peek() === state ? null : state
    try {
      await send('POST', '/api/labels', { labels: [{ frame: reading.id, state: said }] })
      label.value = said
      onLabelled()
    } catch (error) {
      notices.failed(error)
    }
  }
  return (
    <>
      <p class="large-state">
        {result ? (
          <StateBadge state={result.state} states={states} confidence={result.confidence} />
        ) : (
          <small>{reading.code ?? reading.outcome ?? 'not known'}</small>
        )}
      </p>
      {result?.state === 'unknown' && <p class="reason">{reasonInWords(result.reason, 'readings')}</p>}
      {canOperate ? (
        <fieldset class="correct-label">
          <legend>Its label</legend>
          {states.map((state) => (
            <button
              key={state}
              type="button"
              class="button"
              aria-pressed={label.value === state}
              onClick={() => void say(state)}
            >
              <StateBadge state={state} states={states} />
            </button>
          ))}
        </fieldset>
      ) : (
        label.value !== null && <p>Its label: {label.value}</p>
      )}
    </>
  )
}
