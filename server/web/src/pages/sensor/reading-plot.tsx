import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { VectorView } from '../../api/sensor-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted } from '../../design/words.ts'
import type { Means } from './means.ts'
import { meanOf, partsOf } from './numbers.ts'
import { PartPlot } from './part-plot.tsx'

interface ReadingPlotProps {
  numbers: number[]
  view: VectorView | null
  states: string[]
  means: Means
}

const NAMES: Record<string, string> = { value: 'Numbers', amplitude: 'Amplitude', phase: 'Phase' }

/** A reading as lines, a plot for each of its parts, before what the labelled states look like. */
export function ReadingPlot({ numbers, view, states, means }: ReadingPlotProps) {
  const hidden = useSignal<string[]>([])
  const readings = means.readings.value
  const parts = useMemo(() => partsOf(numbers, view), [numbers, view])
  const behind = useMemo(
    () =>
      [...readings].flatMap(([state, all]) => {
        const mean = meanOf(all, view)
        return mean ? [{ state, parts: mean }] : []
      }),
    [readings, view],
  )
  const shown = behind.filter(({ state }) => !hidden.value.includes(state))
  const toggle = (state: string) => {
    const { value } = hidden
    hidden.value = value.includes(state) ? value.filter((other) => other !== state) : [...value, state]
  }
  return (
    <div class="reading-plot">
      {parts.map((part, index) => (
        <figure key={part.name}>
          <figcaption>
            {NAMES[part.name] ?? part.name}
            <small>
              {counted(part.numbers.length, 'number')}
              {part.kind === 'phase' && ', radians, unwrapped, its straight line taken out'}
            </small>
          </figcaption>
          <PartPlot
            part={part}
            states={states}
            behind={shown.flatMap(({ state, parts: of }) => {
              const same = of[index]
              return same && same.numbers.length === part.numbers.length ? [{ state, numbers: same.numbers }] : []
            })}
          />
        </figure>
      ))}
      {behind.length > 0 && (
        <fieldset class="behind">
          <legend>Behind it, the mean of labelled readings</legend>
          {behind.map(({ state }) => (
            <button
              key={state}
              type="button"
              class="button quiet"
              aria-pressed={!hidden.value.includes(state)}
              onClick={() => toggle(state)}
            >
              <StateBadge state={state} states={states} />
            </button>
          ))}
        </fieldset>
      )}
    </div>
  )
}
