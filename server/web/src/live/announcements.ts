import type { AlertBody } from '../api/alert-bodies.ts'
import type { StreamEvent } from '../api/events.ts'

/** So many are read out by name. */
const FEW = 3

/** What is read out for the changes of state of the last moments; null where there is nothing to say. */
export function announcementOf(events: StreamEvent[]): string | null {
  const latest = new Map<string, string>()
  for (const { kind, data } of events) if (kind === 'transition' && 'to' in data) latest.set(data.camera, data.to)
  if (latest.size === 0) return null
  if (latest.size > FEW) return `${latest.size} cameras changed their state`
  return [...latest].map(([camera, state]) => `${camera} is ${state}`).join(', ')
}

/** What is read out for the alerts that fired or ended in the last moments; null where there is nothing to say. */
export function alertsInWords(news: AlertBody[]): string | null {
  const latest = [...new Map(news.map((alert) => [alert.id, alert])).values()]
  if (latest.length === 0) return null
  const firing = latest.filter(({ state }) => state === 'firing').length
  if (latest.length > FEW) return `${firing} alerts fired, ${latest.length - firing} ended`
  return latest
    .map(({ state, severity, name, subject }) =>
      state === 'firing' ? `Alert, ${severity}: ${name}, ${subject}` : `Alert ended: ${name}, ${subject}`,
    )
    .join('. ')
}
