import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { get } from '../../api/client.ts'
import type { DoorMemberBody, SaidBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { FrameImage } from '../../picture/frame-image.tsx'
import { listOf, partsOf } from '../sensor/numbers.ts'
import { type Looks, meansOfDoor } from './looks.ts'
import { PartsPlot } from './parts-plot.tsx'
import { leftInWords, saidOfDoor } from './words.ts'

interface SeenProps {
  said: SaidBody
  door: WholeDoorBody
  looks: Looks
}

/** What one member saw at a moment, and what it said of it. */
export function Seen({ said, door, looks }: SeenProps) {
  const { source, kind, frame, says, best, confidence } = said
  const left = leftInWords(said)
  const member = door.members.find((one) => one.source === source)
  return (
    <figure class="witness">
      <div class={kind === 'sensor' ? 'seen numbers' : 'seen'}>
        {frame === null ? (
          <small>nothing yet</small>
        ) : kind === 'sensor' ? (
          <SeenReading id={frame} source={source} {...{ door, member, looks }} />
        ) : (
          <FrameImage frame={frame} width={320} alt={`What ${source} saw`} loading="lazy" />
        )}
      </div>
      <figcaption>
        <strong>{source}</strong>{' '}
        {says !== null && left === null ? (
          <StateBadge state={says} states={door.states} confidence={confidence} />
        ) : (
          <small>{left}</small>
        )}
        {best !== says && best !== null && <small> (its word: {best})</small>}
      </figcaption>
    </figure>
  )
}

interface SeenReadingProps {
  id: string
  source: string
  door: WholeDoorBody
  member: DoorMemberBody | undefined
  looks: Looks
}

/** A reading, once it is here; the one before stays until then. */
function SeenReading({ id, source, door, member, looks }: SeenReadingProps) {
  const value = useSignal<number[] | null | undefined>(undefined)
  useEffect(() => {
    const gone = new AbortController()
    get<{ value: number | number[] | null }>(`/api/readings/${id}`, {}, gone.signal).then(
      (reading) => {
        value.value = reading.value === null ? null : listOf(reading.value)
      },
      () => {
        if (!gone.signal.aborted) value.value = null
      },
    )
    return () => gone.abort()
  }, [id])
  const look = looks.of(source).value
  const readings = look?.readings.value
  const behind = useMemo(
    () => (look && member ? meansOfDoor(look, door.states, (state) => saidOfDoor(member, state, door.states)) : []),
    [look, readings, member?.states, door.states.join()],
  )
  const numbers = value.value
  if (numbers === undefined) return null
  if (numbers === null) return <small>The reading is not kept any more.</small>
  if (numbers.length < 2) return <strong>{numbers[0]}</strong>
  return (
    <>
      <PartsPlot
        parts={partsOf(numbers, look?.view)}
        behind={behind}
        states={door.states}
        label={`The reading ${id}`}
      />
      {behind.length > 0 && (
        <small class="behind-it">
          Behind it, the mean of labelled readings:{' '}
          {behind.map(({ state }) => (
            <StateBadge key={state} state={state} states={door.states} />
          ))}
        </small>
      )}
    </>
  )
}
