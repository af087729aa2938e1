import type { KindBody } from '../../api/alert-bodies.ts'
import type { Entries } from './params.ts'

const MOST_LETTERS = 100

/** What is found, as a name says it; of a kind that is not here its title is taken. */
const FOUND: Record<string, (entries: Entries) => string> = {
  state: ({ state }) => `${state || 'in one state'} for too long`,
  unknown: () => 'unknown for too long',
  offline: () => 'offline',
  outbox: () => 'keeps too many frames',
  reading: ({ sensor, is }) => `${sensor || 'sensor'} too ${is === 'below' ? 'low' : 'high'}`,
  disk: () => 'disk nearly full',
  health: () => 'not well',
}
const EACH = { camera: 'A camera', device: 'A device', server: 'Server' }

/**
 * A name for a rule that nobody has named yet, `front-door open for too long`.
 * @param subject empty: each there is
 * @param taken by other rules
 */
export function proposedName(kind: KindBody, subject: string, entries: Entries, taken: readonly string[]): string {
  const about = subject === '' ? EACH[kind.subject] : (subject.split('/').at(-1) ?? subject)
  const found = FOUND[kind.name]?.(entries)
  const name = (found === undefined ? kind.title : `${about} ${found}`).slice(0, MOST_LETTERS - 4)
  // Two devices may have a camera of one name.
  for (let i = 1; ; i++) {
    const one = i === 1 ? name : `${name} ${i}`
    if (!taken.includes(one)) return one
  }
}
