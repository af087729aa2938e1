import type { ComponentChildren } from 'preact'
import { clock } from '../design/clock.ts'
import { Button } from '../design/elements.tsx'
import { sensorPath } from '../router/route.ts'
import type { Sensor } from './sensor.ts'
import { valueInWords } from './words.ts'
import './sensors.css'

interface SensorListProps {
  title: string
  sensors: Sensor[]
  /** Whose sensors lead to their pages; left out where they do not. */
  device?: string | undefined
  /** Says when a reading was taken; milliseconds UTC. */
  when(at: number): ComponentChildren
  /** Asks whether one is to be removed; left out where nobody may. */
  onRemove?: ((sensor: string) => void) | undefined
}

/** More than these are folded: they stand beside a picture. */
const MOST = 8

/** What its agent does not name may still be sent by somebody else. */
const SENT_LATELY_MS = 60_000
const DAY_MS = 86_400_000

/** Sensors with what they read; nothing where there are none. */
export function SensorList({ title, sensors, device, when, onRemove }: SensorListProps) {
  if (sensors.length === 0) return null
  // One more than fits is not worth a fold.
  const most = sensors.length === MOST + 1 ? MOST + 1 : MOST
  const rest = sensors.slice(most)
  return (
    <section class="sensors" aria-label={title}>
      <h3>{title}</h3>
      <Rows sensors={sensors.slice(0, most)} device={device} when={when} onRemove={onRemove} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <Rows sensors={rest} device={device} when={when} onRemove={onRemove} />
        </details>
      )}
    </section>
  )
}

function Rows({ sensors, device, when, onRemove }: Omit<SensorListProps, 'title'>) {
  return (
    <dl class="facts">
      {sensors.map(({ name, reading, unit, fault, isSent, task }) => (
        <div key={name}>
          <dt title={task === null ? undefined : `written by the task ${task}`}>
            {device === undefined || typeof reading?.value === 'string' ? (
              name
            ) : (
              <a href={sensorPath(`${device}/${name}`)}>{name}</a>
            )}
          </dt>
          <dd>
            {reading && (
              <>
                <span class={fault === null ? 'value' : 'value old'}>{valueInWords(reading.value, unit)}</span>{' '}
                <small class="when">{when(reading.at)}</small>
                {isSent !== null && <NoLonger isSent={isSent} at={reading.at} />}
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

/** One that was taken out of its agent, or has another name there, stays with its last value. */
function NoLonger({ isSent, at }: { isSent: boolean; at: number }) {
  const age = clock.value - at
  return age > DAY_MS || (!isSent && age > SENT_LATELY_MS) ? <small class="no-longer">no longer sent</small> : null
}
