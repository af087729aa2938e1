import { type Logger, pino } from 'pino'

export type Log = Logger

const NAMES: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }

/** Logs lines for people on standard output. Lines of JSON are kept for machines, so these never start with a brace. */
export function createLog(level: string): Log {
  return pino({ level, base: null }, { write: (line) => process.stdout.write(readable(JSON.parse(line))) })
}

function readable({ time, level, msg = '', err, ...fields }: Record<string, unknown>): string {
  const clock = new Date(time as number).toISOString().slice(11, 23)
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  const cause = err === undefined ? '' : `\n  ${String((err as Error).stack ?? (err as Error).message)}`
  return `${clock} ${NAMES[level as number] ?? level} ${msg}${details.join('')}${cause}\n`
}
