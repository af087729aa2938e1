import { badRequest } from './errors.ts'

/** Deeper than anything that our routes take. */
const MOST = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/**
 * To be called before JSON.parse: a body of nothing but brackets would hold up the event loop with hundreds of thousands of objects, and
 * overflow the stack of whoever walks through them. Says nothing about text that is no JSON.
 * @param most objects and lists within each other
 * @param mostCommas outside of texts: a body of nothing but short fields takes ten times as long as one long text
 * @throws HttpError 400 `too_deep`, `too_many_parts`
 */
export function checkDepth(text: string | Buffer, most = MOST, mostCommas = Number.POSITIVE_INFINITY): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let depth = 0
  let commas = 0
  let isInString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (isInString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) isInString = true
    else if (byte === COMMA) {
      commas += 1
      if (commas > mostCommas)
        throw badRequest('too_many_parts', `JSON may have at most ${mostCommas + 1} fields and members here`)
    } else if (OPENING.has(byte)) {
      depth += 1
      if (depth > most)
        throw badRequest('too_deep', `JSON may have at most ${most} objects and lists within each other`)
    } else if (CLOSING.has(byte)) depth -= 1
  }
}
