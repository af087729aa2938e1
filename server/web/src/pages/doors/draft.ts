import type { WholeDoorBody } from '../../api/door-bodies.ts'

/** What is typed of a door before it is sent. */
export interface DoorDraft {
  name: string
  /** As they are typed: with commas or spaces between them. */
  states: string
  /** 0..100 */
  threshold: number
  debounce: number
  /** By source: what each of its states says, '' where it says nothing. */
  members: Record<string, Record<string, string>>
}

/** What is sent. */
export interface DoorSent {
  states: string[]
  threshold: number
  debounce: number
  members: { source: string; states: Record<string, string> }[]
}

export function draftOf(door: WholeDoorBody | null): DoorDraft {
  if (!door) return { name: '', states: 'closed, open', threshold: 80, debounce: 3, members: {} }
  const { name, states, threshold, debounce, members } = door
  return {
    ...{ name, states: states.join(', '), threshold: Math.round(threshold * 100), debounce },
    members: Object.fromEntries(members.map((member) => [member.source, member.states])),
  }
}

/** `Front Door` as a name that a door can have: `front-door`. */
export function nameOf(typed: string): string {
  const plain = typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32)
    .replace(/-+$/, '')
}

export function statesIn(typed: string): string[] {
  return [...new Set(typed.split(/[\s,]+/).filter(Boolean))]
}

/** What a state of a member says before somebody has said otherwise: itself; the least of numbers says the first state, others the last. */
export function proposed(state: string, ofSource: string[], ofDoor: string[]): string {
  if (ofDoor.includes(state)) return state
  const numbers = ofSource.filter((one) => /^\d+$/.test(one)).map(Number)
  if (numbers.length !== ofSource.length || ofDoor.length !== 2) return ''
  return (Number(state) === Math.min(...numbers) ? ofDoor[0] : ofDoor[1]) ?? ''
}

/** @param statesOf the states that a source has */
export function sentOf(draft: DoorDraft, statesOf: (source: string) => string[]): DoorSent {
  const states = statesIn(draft.states)
  const members = Object.entries(draft.members).map(([source, says]) => {
    const known = statesOf(source)
    const named = Object.entries(says).filter(
      ([state, of]) => known.includes(state) && states.includes(of) && of !== state,
    )
    return { source, states: Object.fromEntries(named) }
  })
  return { states, threshold: draft.threshold / 100, debounce: draft.debounce, members }
}
