import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { SensorSource, TakenReading } from '../../api/sensor-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { reasonInWords } from '../../design/words.ts'
import { MARKS } from '../teach/marks.ts'
import { SaidNow } from './said-now.tsx'

interface SaidOfReadingProps {
  /** `device/sensor` */
  id: string
  reading: TakenReading
  source: SensorSource
  canOperate: boolean
  /** Told when its label is another one. */
  onLabelled(): void
}

/** What was said of a reading of the past, what the model says of it now, and its label, which can be corrected. */
export function SaidOfReading({ id, reading, source, canOperate, onLabelled }: SaidOfReadingProps) {
  const { states, model } = source
  const { result } = reading
  return (
    <>
      <p class="large-state">
        {result ? (
          <StateBadge state={result.state} states={states} confidence={result.confidence} />
        ) : (
          <small>
            {reading.code ?? (reading.outcome === 'pending' ? 'not classified yet' : 'nothing was said of it')}
          </small>
        )}
      </p>
      {result?.state === 'unknown' && (
        <p class="reason">
          {result.reason === 'no_model' && model !== null
            ? 'there was no model yet'
            : reasonInWords(result.reason, 'readings')}
        </p>
      )}
      {model !== null && result?.model !== model && <SaidNow id={id} reading={reading} source={source} />}
      {canOperate ? (
        <LabelOfReading reading={reading} states={states} onLabelled={onLabelled} />
      ) : (
        reading.label !== null && <p>Its label: {reading.label}</p>
      )}
    </>
  )
}

/** One press says what it was, or that nobody can tell; each can be taken back. */
function LabelOfReading({
  reading,
  states,
  onLabelled,
}: Pick<SaidOfReadingProps, 'reading' | 'onLabelled'> & { states: string[] }) {
  const label = useSignal(reading.label)
  /** What was said before the last press; undefined where there is nothing to undo. */
  const before = useSignal<string | null | undefined>(undefined)
  const { busy, run } = useAction()
  const say = (state: string | null, undoes: string | null | undefined) =>
    run(async () => {
      const was = label.peek()
      await send('POST', '/api/labels', { labels: [{ frame: reading.id, state }] })
      label.value = state
      before.value = undoes
      onLabelled()
      if (state === null) return `Its label ${was ?? ''} was taken away.`
      return was === null ? `Labelled ${state}.` : `Labelled ${state}, no longer ${was}.`
    })
  const choose = (state: string | null) => void (label.value !== state && say(state, label.value))
  return (
    <fieldset class="correct-label">
      <legend>Its label</legend>
      {states.map((state) => (
        <Button key={state} busy={busy.value} aria-pressed={label.value === state} onClick={() => choose(state)}>
          <StateBadge state={state} states={states} />
        </Button>
      ))}
      {MARKS.map(({ name, hint }) => (
        <Button
          key={name}
          kind="quiet"
          title={hint}
          busy={busy.value}
          aria-pressed={label.value === name}
          onClick={() => choose(name)}
        >
          {name === 'ignore' ? 'Ignore it' : 'Unclear'}
        </Button>
      ))}
      {label.value !== null && (
        <Button kind="quiet" busy={busy.value} onClick={() => choose(null)}>
          Take the label away
        </Button>
      )}
      {before.value !== undefined && (
        <Button kind="quiet" busy={busy.value} onClick={() => void say(before.value ?? null, undefined)}>
          Undo
        </Button>
      )}
    </fieldset>
  )
}
