import { join } from 'node:path'
import { inspect } from 'node:util'

/** What is wrong with what a task was given, rather than with the task: where in the code that was found is no news. */
const REFUSALS = ['Refusal', 'ImageError', 'DownloadError', 'TaskError']
/** Errors that speak for themselves: their class is no news to whoever reads the message. */
const PLAIN = new Set(['Error', 'RangeError', 'AggregateError', ...REFUSALS])

/** In a line of a stack: what is Node's, and the code of the server. */
const OURS = ['(<anonymous>)', 'node:', `${join(import.meta.dirname, '../..')}/`]

/** What to tell of something thrown, in a line or a few. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return shown(thrown)
  const { name, message } = thrown
  const kind = thrown.constructor?.name || name
  const text = message || 'no message'
  return PLAIN.has(kind) && message ? text : `${name === 'Error' ? kind : name}: ${text}${placeOf(thrown)}`
}

/**
 * Where in its own files a task failed, for its log: neither what calls it nor Node is of interest. Empty where the message says
 * it all: none of its files is named, or it refuses what it was given.
 */
export function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || REFUSALS.includes(thrown.constructor?.name)) return ''
  const kept: string[] = []
  for (const line of inspect(thrown).split('\n')) {
    const isOurs = /^ +at /.test(line) && OURS.some((one) => line.includes(one))
    if (!isOurs && !/^ +\.\.\. \d+ lines matching/.test(line)) kept.push(line)
    // What else the error holds begins at the end of its last line.
    else if (line.endsWith(' {')) kept.push(`${kept.pop() ?? ''} {`)
  }
  return kept.some((line) => /^ +at |^\S*:\d+$/.test(line)) ? `${kept.join('\n')}\n` : ''
}

/** Where in a file that could not be read as a program. */
function placeOf(error: Error) {
  if (!(error instanceof SyntaxError)) return ''
  const line = /^\S*:(\d+)\n/.exec(error.stack ?? '')?.[1]
  return line === undefined ? '' : ` (line ${line})`
}

function shown(thrown: unknown): string {
  try {
    return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown))
  } catch {
    return String(thrown)
  }
}
