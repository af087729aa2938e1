import type { Message } from '../program.ts'
import type { PrintedBudget } from './printed.ts'

/** Characters of a line; what is longer goes on in the next message. */
export const LINE_CHARACTERS = 10_000

/**
 * Bytes of a program as messages, a line each, in the order that they came in. What is not UTF-8 is shown as U+FFFD.
 * @param tell is given the lines of a chunk together
 * @param onTooMuch called once, when more was printed than the budget has left; nothing is told from then on
 */
export function linesOf(tell: (messages: Message[]) => void, budget: PrintedBudget, onTooMuch: () => void) {
  const streams = {
    stdout: { decoder: new TextDecoder('utf-8', { ignoreBOM: true }), rest: '' },
    stderr: { decoder: new TextDecoder('utf-8', { ignoreBOM: true }), rest: '' },
  }
  /** Lines of standard output, for cases that say what they should be. */
  const printed: string[] = []
  let isFull = false

  function say(from: 'stdout' | 'stderr', lines: readonly string[]): void {
    const messages: Message[] = []
    for (const data of lines) {
      if (!budget.take(data)) {
        isFull = true
        break
      }
      if (from === 'stdout') printed.push(data)
      messages.push({ type: from, data })
    }
    if (messages.length > 0) tell(messages)
    if (isFull) onTooMuch()
  }

  return {
    printed,
    take(from: 'stdout' | 'stderr', chunk: Uint8Array): void {
      if (isFull) return
      const stream = streams[from]
      // Only what is new is looked through: a program that prints letter by letter costs no more than it prints.
      const parts = stream.decoder.decode(chunk, { stream: true }).split('\n')
      parts[0] = stream.rest + parts[0]
      stream.rest = parts.pop() ?? ''
      const lines = parts.flatMap((part) => pieces(clean(part)))
      // A line without an end is not kept for ever: whole pieces of it are said.
      if (stream.rest.length > LINE_CHARACTERS) {
        const whole = pieces(stream.rest)
        stream.rest = whole.pop() ?? ''
        lines.push(...whole.map(clean))
      }
      say(from, lines)
    },
    /** The last lines, if nothing ended them. */
    end(): void {
      for (const from of ['stdout', 'stderr'] as const) {
        if (isFull) return
        const rest = streams[from].rest + streams[from].decoder.decode()
        streams[from].rest = ''
        if (rest !== '') say(from, pieces(clean(rest)))
      }
    },
  }
}

/** Without the carriage return of a line's end. NUL ends a text for many who would read it. */
const clean = (line: string) => line.replace(/\r$/, '').replaceAll('\0', '\uFFFD')

/** A line in pieces that may be said. No pair of surrogates is parted: half of one is no text. */
function pieces(line: string): string[] {
  const found: string[] = []
  let at = 0
  do {
    const end = endOfPiece(line, at, LINE_CHARACTERS)
    found.push(line.slice(at, end))
    at = end
  } while (at < line.length)
  return found
}

function endOfPiece(line: string, from: number, most: number): number {
  const end = Math.min(line.length, from + most)
  return end < line.length && /[\uD800-\uDBFF]/.test(line[end - 1] as string) ? end - 1 : end
}

/** The beginning of a text that is longer than it may be, with a note that says so. */
export function cut(text: string, most = LINE_CHARACTERS): string {
  if (text.length <= most) return text
  return `${text.slice(0, endOfPiece(text, 0, most))}... (${text.length} characters in all)`
}
