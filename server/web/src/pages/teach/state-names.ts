import { isMark } from './marks.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

/** What is wrong with the states of a camera, or null. */
export function stateFault(names: string[]): string | null {
  if (names.length < 2) return 'Two states are the least that can be told apart.'
  for (const name of names) {
    if (name === 'unknown') return '`unknown` is what ajar says itself when no state is earned: choose another name.'
    if (isMark(name)) return `\`${name}\` is what people say of frames that teach nothing: choose another name.`
    if (!NAME.test(name)) return `"${name}" is no name: small letters, digits and hyphens, 32 at most.`
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? null : `"${twice}" stands there twice.`
}
