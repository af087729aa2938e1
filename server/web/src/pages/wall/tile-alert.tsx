import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { duration } from '../../design/words.ts'
import { byUrgency, isSeen } from '../../live/urgency.ts'
import '../../design/severity.css'

/** How many alerts of a camera wait for somebody, over its picture, in the shape of the gravest. Words say it below. */
export function AlertCount({ id }: { id: string }) {
  const waiting = useConsole()
    .live.alerts.of(id)
    .filter((alert) => !isSeen(alert))
  const [worst] = waiting.toSorted(byUrgency)
  if (!worst) return null
  return (
    <div class={`tile-alerts ${worst.severity}`} aria-hidden="true">
      <span class="severity-mark" />
      {waiting.length}
    </div>
  )
}

/** The most urgent alert that stands of a camera, and how many others do. */
export function AlertNote({ id }: { id: string }) {
  const standing = useConsole().live.alerts.of(id).toSorted(byUrgency)
  const [first] = standing
  if (!first) return null
  const { name, severity, since } = first
  return (
    <p class={`tile-note alert ${isSeen(first) ? 'seen' : severity}`}>
      <strong>{name}</strong> for {duration(Math.max(0, clock.value - Date.parse(since)))}
      {isSeen(first) && ', seen'}
      {standing.length > 1 && `, and ${standing.length - 1} more`}
    </p>
  )
}
