import type { ComponentChildren } from 'preact'
import type { Sensor } from './sensor.ts'
import { valueInWords } from './words.ts'
import './sensors.css'

interface SensorListProps {
  title: string
  sensors: Sensor[]
  /** Says when a reading was taken; milliseconds UTC. */
  when(at: number): ComponentChildren
}

/** More than these are folded: they stand beside a picture. */
const MOST = 8

/** Sensors with what they read; nothing where there are none. */
export function SensorList({ title, sensors, when }: SensorListProps) {
  if (sensors.length === 0) return null
  // One more than fits is not worth a fold.
  const most = sensors.length === MOST + 1 ? MOST + 1 : MOST
  const rest = sensors.slice(most)
  return (
    <section class="sensors" aria-label={title}>
      <h3>{title}</h3>
      <Rows sensors={sensors.slice(0, most)} when={when} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <Rows sensors={rest} when={when} />
        </details>
      )}
    </section>
  )
}

function Rows({ sensors, when }: Pick<SensorListProps, 'sensors' | 'when'>) {
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
