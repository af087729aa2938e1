import { PlanError } from '../language.ts'

/** The kernel takes 128 KiB for a word, and a box is told all arguments in one, each in quotes. */
const MOST_BYTES = 100_000

/**
 * A line as words, as a shell parts them: by blanks, with quotes and backslashes; but nothing in it is expanded.
 * @param where what is said to be wrong
 * @throws PlanError for a quote without an end, a NUL, or more than a program can be given
 */
export function wordsOf(line: string, where: string): string[] {
  if (line.includes('\0')) throw new PlanError(`${where} holds a NUL character, which no argument can: remove it.`)
  const words = partsOf(line, where)
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(quoted(word)) + 1, 0)
  if (bytes > MOST_BYTES)
    throw new PlanError(
      `${where} has arguments of ${bytes} bytes together, each in quotes: a program may be given ${MOST_BYTES}.`,
    )
  return words
}

function partsOf(line: string, where: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] as string
    if (quote === null && /\s/.test(letter)) {
      if (word !== null) words.push(word)
      word = null
    } else if (quote === null && (letter === '"' || letter === "'")) {
      quote = letter
      word ??= ''
    } else if (letter === quote) {
      quote = null
    } else if (letter === '\\' && isEscape(quote, line[at + 1])) {
      word = (word ?? '') + line[++at]
    } else {
      word = (word ?? '') + letter
    }
  }
  if (quote !== null) throw new PlanError(`${where} has a quote ${quote} without an end.`)
  if (word !== null) words.push(word)
  return words
}

/** Within single quotes a backslash is one, and within double quotes before most letters. */
const isEscape = (quote: '"' | "'" | null, next: string | undefined) =>
  next !== undefined && (quote === null || (quote === '"' && /["\\$`]/.test(next)))

/** Words as a person would type them. */
export const typed = (words: readonly string[]) =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' ')

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
