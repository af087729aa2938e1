import { constants } from 'node:os'
import { TaskError } from '../task-error.ts'
import { KEYWORD, MOST_STATUS_BYTES } from './status.ts'

const SIGNALS = 128
/** How much of what a task printed stands in an error. */
const SHOWN = 200

/**
 * What an ended task says of itself: the path it gives, not looked at yet.
 * @param code as a shell tells it; null: unknown
 * @param status what came after the line with the keyword; null: there was no such line
 * @throws TaskError
 */
export function judge(code: number | null, status: Buffer | 'too long' | null): string {
  const how = howItEnded(code)
  if (status === 'too long')
    throw new TaskError(
      'bad_status',
      `What the task printed after the line ${KEYWORD} is longer than ${MOST_STATUS_BYTES} bytes: a result belongs into a file of the folder that -o names.`,
    )
  const said = status === null ? null : objectOf(status, how)
  if (said === null) {
    if (code !== 0) throw new TaskError('task_failed', `The task ${how}, and printed no line with ${KEYWORD}.`)
    throw new TaskError(
      'no_status',
      `The task printed no line with ${KEYWORD}: after that line its result has to follow.`,
    )
  }
  const { error, outfile } = said
  if (code !== 0) {
    if (error !== undefined) throw new TaskError('task_failed', wordsOf(error))
    throw new TaskError('task_failed', `The task ${how}, without an "error" in what it printed after ${KEYWORD}.`)
  }
  if (error !== undefined)
    throw new TaskError(
      'task_failed',
      `${wordsOf(error)} (It ended with exit code 0 all the same; one that fails has to end with another.)`,
    )
  if (outfile === undefined || outfile === null || outfile === '')
    throw new TaskError('no_outfile', 'Output file is not returned from the task.')
  if (typeof outfile !== 'string')
    throw new TaskError(
      'bad_outfile',
      `The "outfile" of the task is not the path of a file: ${shown(JSON.stringify(outfile))}.`,
    )
  return outfile
}

/** The object that a task printed. @throws TaskError */
function objectOf(status: Buffer, how: string): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(status)
  if (text.trim() === '')
    throw new TaskError(
      'empty_status',
      `The task printed nothing after the line ${KEYWORD}, and ${how}: {"outfile": ...} or {"error": ...} has to follow.`,
    )
  let value: unknown
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(status)
    value = JSON.parse(text)
  } catch (error) {
    if (text.includes(KEYWORD))
      throw new TaskError(
        'bad_status',
        `The task printed the line ${KEYWORD} twice: all after the first one has to be one JSON object.`,
      )
    throw new TaskError(
      'bad_status',
      `What the task printed after the line ${KEYWORD} is no JSON (${reason(error)}): ${shown(text)}`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TaskError(
      'bad_status',
      `What the task printed after the line ${KEYWORD} is JSON, but no object: ${shown(text)}`,
    )
  return value as Record<string, unknown>
}

/** As the end of a sentence that begins with "The task". */
export function howItEnded(code: number | null): string {
  if (code === null) return 'was ended from outside'
  const name = code > SIGNALS ? signalName(code - SIGNALS) : undefined
  return name ? `was ended by the signal ${name} (exit code ${code})` : `ended with exit code ${code}`
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}

function wordsOf(error: unknown): string {
  const words = typeof error === 'string' ? error.trim() : JSON.stringify(error)
  return words === '' || words === 'null' ? 'The task failed, and does not say why: its "error" is empty.' : words
}

function reason(error: unknown): string {
  return error instanceof TypeError ? 'its bytes are no UTF-8' : (error as Error).message
}

function shown(text: string): string {
  const line = text.trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line
}
