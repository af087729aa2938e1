/**
 * What a person may say of a frame besides its state, and what teaches nothing: `unclear` shows the scene, but not its
 * state; `ignore` is not to be used at all. Marks are kept where labels are, so no state has one of these names.
 */
export const MARKS = ['unclear', 'ignore'] as const
export type Mark = (typeof MARKS)[number]

export function isMark(label: string): label is Mark {
  return (MARKS as readonly string[]).includes(label)
}

/** Why a state cannot have this name, or null where it can. */
export function reservedState(name: string): string | null {
  if (name === 'unknown') return '`unknown` is what ajar says itself: choose another name'
  if (isMark(name)) return `\`${name}\` is a mark for frames that teach nothing: choose another name`
  return null
}
