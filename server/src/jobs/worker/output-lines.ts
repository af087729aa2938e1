import type { Readable } from 'node:stream'

/** What a task prints beyond that is not passed on: whoever prints without end must not fill the log. */
const MOST_LINES = 500
const MOST_CHARACTERS = 2000

/** What a process prints, line by line; a line that is too long is cut. It is always read to its end. */
export async function* outputLines(output: Readable): AsyncGenerator<string, undefined> {
  let rest = ''
  let lines = 0
  for await (const chunk of output.setEncoding('utf8')) {
    if (lines > MOST_LINES) continue
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    rest = rest.slice(0, MOST_CHARACTERS)
    for (const line of parts.filter(Boolean)) {
      if (++lines > MOST_LINES) break
      yield line.slice(0, MOST_CHARACTERS)
    }
    if (lines > MOST_LINES) yield `(what is printed after ${MOST_LINES} lines is not kept)`
  }
  if (rest !== '' && lines <= MOST_LINES) yield rest
}
