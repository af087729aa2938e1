import { MARKS } from './marks.ts'

/** The keys of a state: its place in the list, and a letter of its name. */
export interface StateKeys {
  state: string
  /** `1` to `9`, or null from the tenth state on. */
  digit: string | null
  letter: string | null
}

/** Takes back what was said last. */
export const UNDO = 'u'

/** Each state has the first letter of its name that no state before it has taken. */
export function keysOf(states: string[]): StateKeys[] {
  const taken = new Set([UNDO, ...MARKS.flatMap(({ keys }) => keys)])
  return states.map((state, index) => {
    const letter = [...state].find((one) => /[a-z]/.test(one) && !taken.has(one)) ?? null
    if (letter !== null) taken.add(letter)
    return { state, digit: index < 9 ? String(index + 1) : null, letter }
  })
}

/** The state that a key says, or null. */
export function stateOf(key: string, keys: StateKeys[]): string | null {
  const pressed = key.toLowerCase()
  return keys.find(({ digit, letter }) => pressed === digit || pressed === letter)?.state ?? null
}
