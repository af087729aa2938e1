/** What a person says of a frame that teaches nothing; they stand where labels stand. */
export interface Mark {
  name: 'unclear' | 'ignore'
  /** What it is for. */
  hint: string
  keys: string[]
}

export const MARKS: readonly Mark[] = [
  { name: 'unclear', hint: 'nobody can tell the state', keys: ['0', '?'] },
  { name: 'ignore', hint: 'not to be learned from: a test, somebody before the lens', keys: ['x'] },
]

export const isMark = (label: string) => MARKS.some(({ name }) => name === label)

/** The mark that a key says, or null. */
export function markOf(key: string): string | null {
  return MARKS.find(({ keys }) => keys.includes(key.toLowerCase()))?.name ?? null
}
