import { TaskError } from '../task-error.ts'

const MOST_QUOTED = 60

/** What a task wrote is none of what is read: it fails the same way again. @param why begins with what is wrong */
export function badResult(why: string): TaskError {
  return new TaskError('bad_result', `The result cannot be read: ${why}`)
}

/** A piece of what somebody wrote, for a message: short, and in one line. */
export function quoted(text: string): string {
  const short = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}...` : text
  return JSON.stringify(short.toWellFormed())
}
