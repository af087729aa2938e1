import { useConsole } from '../../console.ts'
import { Age } from '../../design/elements.tsx'
import { SeveritySign } from '../../design/severity-sign.tsx'
import { byUrgency, isSeen } from '../../live/urgency.ts'
import { ALERTS_PATH } from '../../router/route.ts'
import './camera-alerts.css'

/** What rules say of a camera and its device now; nothing where they say nothing. */
export function CameraAlerts({ id, device }: { id: string; device: string }) {
  const { alerts } = useConsole().live
  const standing = [...alerts.of(id), ...alerts.of(device)].toSorted(byUrgency)
  if (standing.length === 0) return null
  return (
    <section class="camera-alerts" aria-label="Alerts">
      <ul>
        {standing.map((alert) => (
          <li key={alert.id} class={isSeen(alert) ? 'seen' : alert.severity}>
            <SeveritySign severity={alert.severity} />
            <strong>{alert.name}</strong>
            <span>{alert.text}</span>
            <small>
              since <Age at={Date.parse(alert.since)} />
              {isSeen(alert) && `, seen by ${alert.acknowledgedBy ?? 'somebody'}`}
            </small>
          </li>
        ))}
      </ul>
      <a href={ALERTS_PATH}>All alerts</a>
    </section>
  )
}
