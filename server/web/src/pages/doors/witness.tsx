import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get, send } from '../../api/client.ts'
import type { SaidBody } from '../../api/door-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { FrameImage } from '../../picture/frame-image.tsx'
import { SmallPlot } from '../../sensors/small-plot.tsx'
import { leftInWords } from './words.ts'

interface WitnessProps {
  said: SaidBody & { label: string | null }
  /** Of the door. */
  states: string[]
  /** Of the member: what its frame or reading can be labelled with. */
  ofSource: string[]
  onLabelled(): Promise<void>
}

/** What one member saw and said at a moment, and what people say it was. */
export function Witness({ said, states, ofSource, onLabelled }: WitnessProps) {
  const { source, kind, frame, says, best, confidence } = said
  const label = useSignal(said.label)
  const { busy, run } = useAction()
  const canOperate = useConsole().session.canOperate.value
  const put = (state: string | null) =>
    run(async () => {
      const path = `/api/${kind === 'sensor' ? 'readings' : 'frames'}/${frame}/label`
      if (state === null) await send('DELETE', path)
      else await send('PUT', path, { state })
      label.value = state
      await onLabelled()
      return undefined
    })
  return (
    <figure class="witness">
      <div class="seen">
        {kind === 'sensor' ? (
          <ReadingPlot id={frame ?? ''} />
        ) : (
          <FrameImage frame={frame ?? ''} width={320} alt={`What ${source} saw`} loading="lazy" />
        )}
      </div>
      <figcaption>
        <strong>{source}</strong>{' '}
        {says !== null && leftInWords(said) === null ? (
          <StateBadge state={says} states={states} confidence={confidence} />
        ) : (
          <small>{leftInWords(said)}</small>
        )}
        {best !== says && best !== null && <small> (it says {best})</small>}
      </figcaption>
      {canOperate && ofSource.length > 0 && (
        <fieldset>
          <legend>What was so?</legend>
          {ofSource.map((state) => (
            <Button
              key={state}
              busy={busy.value}
              aria-pressed={label.value === state}
              onClick={() => void put(label.value === state ? null : state)}
            >
              {state}
            </Button>
          ))}
        </fieldset>
      )}
      {!canOperate && label.value !== null && <small>labelled {label.value}</small>}
    </figure>
  )
}

/** The numbers of a reading, once they are here. */
function ReadingPlot({ id }: { id: string }) {
  const value = useSignal<number | number[] | null | undefined>(undefined)
  useEffect(() => {
    const gone = new AbortController()
    get<{ value: number | number[] | null }>(`/api/readings/${id}`, {}, gone.signal).then(
      (reading) => {
        value.value = reading.value
      },
      () => {
        if (!gone.signal.aborted) value.value = null
      },
    )
    return () => gone.abort()
  }, [id])
  if (value.value === undefined) return null
  if (value.value === null) return <small>The reading is not kept any more.</small>
  const numbers = Array.isArray(value.value) ? value.value : [value.value]
  return numbers.length > 1 ? (
    <SmallPlot numbers={numbers} label={`The reading ${id}`} />
  ) : (
    <strong>{numbers[0]}</strong>
  )
}
