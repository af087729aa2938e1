import type { ComponentChildren } from 'preact'
import { Button } from '../design/elements.tsx'
import type { Sensor } from './sensor.ts'
import { valueInWords } from './words.ts'
import './sensors.css'

interface SensorListProps {
  title: string
  sensors: Sensor[]
  /** Says when a reading was taken; milliseconds UTC. */
  when(at: number): ComponentChildren
  /** Asks whether one is to be removed; left out where nobody may. */
  onRemove?: ((sensor: string) => void) | undefined
}

/** More than these are folded: they stand beside a picture. */
const MOST = 8

/** Sensors with what they read; nothing where there are none. */
export function SensorList({ title, sensors, when, onRemove }: SensorListProps) {
  if (sensors.length === 0) return null
  // One more than fits is not worth a fold.
  const most = sensors.length === MOST + 1 ? MOST + 1 : MOST
  const rest = sensors.slice(most)
  return (
    <section class="sensors" aria-label={title}>
      <h3>{title}</h3>
      <Rows sensors={sensors.slice(0, most)} when={when} onRemove={onRemove} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <Rows sensors={rest} when={when} onRemove={onRemove} />
        </details>
      )}
    </section>
  )
}

function Rows({ sensors, when, onRemove }: Omit<SensorListProps, 'title'>) {
  return (
    <dl class="facts">
      {sensors.map(({ name, reading, unit, fault }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {reading && (
              <>
                <span class={fault === null ? 'value' : 'value old'}>{valueInWords(reading.value, unit)}</span>{' '}
                <small>{when(reading.at)}</small>
                {onRemove && (
                  <Button
                    kind="quiet"
                    class="remove"
                    aria-label={`Remove the sensor ${name}`}
                    onClick={() => onRemove(name)}
                  >
                    Remove
                  </Button>
                )}
              </>
            )}
            {!reading && <small>no reading yet</small>}
          </dd>
          {fault !== null && <dd class="fault">cannot be read: {fault}</dd>}
        </div>
      ))}
    </dl>
  )
}
