import type { Component, Level } from './levels.ts'

/** A line as it is written to the file. */
export interface LogLine {
  /** ISO 8601. */
  time: string
  level: Level
  component: Component
  msg?: string
  err?: { message?: string; stack?: string }
  [field: string]: unknown
}

/** A line for people. Lines of JSON are kept for machines, so these never start with a brace. */
export function forPeople({ time, level, component, msg = '', err, ...fields }: LogLine): string {
  const weight = level === 'trace' || level === 'debug' || level === 'info' ? level : level.toUpperCase()
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  const cause = err === undefined ? '' : `\n${indented(err.stack ?? err.message ?? JSON.stringify(err))}`
  return `${time.slice(11, 23)} ${weight} ${component}: ${msg}${details.join('')}${cause}\n`
}

/** No line of an error's text looks like a line of ours. */
function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
