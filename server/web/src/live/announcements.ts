import type { StreamEvent } from '../api/events.ts'

/** What is read out for the changes of state of the last moments; null where there is nothing to say. */
export function announcementOf(events: StreamEvent[]): string | null {
  const latest = new Map<string, string>()
  for (const { kind, data } of events) if (kind === 'transition' && 'to' in data) latest.set(data.camera, data.to)
  if (latest.size === 0) return null
  if (latest.size > 3) return `${latest.size} cameras changed their state`
  return [...latest].map(([camera, state]) => `${camera} is ${state}`).join(', ')
}
