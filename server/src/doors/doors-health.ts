import type { Source, Sources } from '../devices/sources.ts'
import type { HealthCheck } from '../observe/health.ts'
import { goneOf } from './door.ts'
import type { Doors } from './doors.ts'

/** Doors of which nothing can be known, whatever their members say, and members that cannot say what they were told to. */
export function doorsHealth(sources: Pick<Sources, 'ofKind' | 'find' | 'judged'>, doors: Doors): HealthCheck[] {
  return sources.ofKind('door').flatMap((door) => {
    const texts = [whyUnknowable(door, doors), ...goneStates(door, sources, doors)]
    return texts.flatMap((text) => (text === null ? [] : [{ name: 'door', level: 'warn' as const, text }]))
  })
}

function whyUnknowable(door: Source, doors: Doors): string | null {
  const members = doors.membersOf(door.id)
  if (members.length === 0) return null // it has just been made
  if (members.some(({ source }) => doors.reliabilityOf(door, source).weight > 0)) return null
  return (
    `the door ${door.name} is unknown: none of ${members.map(({ source }) => source).join(', ')} has a model that was ` +
    'found better than chance on held-out frames; train them, or label what they said'
  )
}

function goneStates(door: Source, sources: Pick<Sources, 'find' | 'judged'>, doors: Doors): string[] {
  return doors.membersOf(door.id).flatMap((member) => {
    const gone = sources.find(member.source) ? goneOf(member, sources.judged(member.source).states) : []
    if (gone.length === 0) return []
    return `the door ${door.name} is told what ${gone.join(', ')} of ${member.source} says, which it has no longer; name its states again`
  })
}
