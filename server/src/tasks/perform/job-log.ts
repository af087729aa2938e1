import { RUN_PYTHON, RUN_TS } from '../runners/programs.ts'

/** The first line of a traceback, of Python's or of Node's. */
const TRACEBACK =
  /^(Traceback \(most recent call last\):|(\w+\.)*\w*(Error|Exception)( \[\w+\])?:.*|\s+at .+:\d+:\d+\)?$)/

/**
 * Writes what a task prints into the log of its job. What it says on standard error is a warning; where a runner of ours puts all
 * that it prints there, only what comes from a traceback on is.
 */
export function jobLog(command: readonly string[]): (from: 'stdout' | 'stderr', text: string) => void {
  let isPlain = command.includes(RUN_TS) || command.includes(RUN_PYTHON)
  return (from, text) => {
    if (from === 'stderr' && TRACEBACK.test(text)) isPlain = false
    if (from === 'stdout' || isPlain) console.log(text)
    else console.warn(text)
  }
}
