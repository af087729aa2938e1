import type { Sources } from '../devices/sources.ts'
import type { HealthCheck } from '../observe/health.ts'
import type { Doors } from './doors.ts'

/** Doors of which nothing can be known, whatever their members say. */
export function doorsHealth(sources: Pick<Sources, 'ofKind'>, doors: Doors): HealthCheck[] {
  return sources.ofKind('door').flatMap((door) => {
    const members = doors.membersOf(door.id)
    if (members.length === 0) return [] // it has just been made
    if (members.some(({ source }) => doors.reliabilityOf(door, source).weight > 0)) return []
    const text =
      `the door ${door.name} is unknown: none of ${members.map(({ source }) => source).join(', ')} has a model that was ` +
      'found better than chance on held-out frames; train them, or label what they said'
    return [{ name: 'door', level: 'warn' as const, text }]
  })
}
