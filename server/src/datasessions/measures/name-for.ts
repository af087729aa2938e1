import type { InputFile } from '../operation.ts'

/** What names of outputs may have, beside a word and a number. */
const MOST_LETTERS = 40

/** What an output is called that is made of one input: `crop-2-pi-door-1795286400000`. @param index of the input, from 0 */
export function nameFor(word: string, file: InputFile, index: number): string {
  const plain = file.basename
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  // The end tells more: time and number.
  const end = plain.slice(-MOST_LETTERS).replace(/^-/, '')
  return [word, index + 1, end].filter((part) => part !== '').join('-')
}
