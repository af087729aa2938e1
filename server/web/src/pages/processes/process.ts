import { duration } from '../../design/words.ts'

/** One process, as GET /api/processes tells of it. */
export interface ProcessBody {
  name: string
  pid: number | null
  state: string
  startedAt: string | null
  /** Null where systemd counts them. */
  restarts: number | null
  lastExit: {
    at: string
    code: number | null
    signal: string | null
    why: string
  } | null
  /** Null for who may not see them. */
  log: string[] | null
}

/** In words; a newer watchdog may know others. */
const STATES: Record<string, string> = {
  starting: 'starting',
  running: 'running',
  backoff: 'starts again soon',
  failed: 'failed',
  stopped: 'stopped',
}

/** @param isOld whether the server does not answer any more: then it is not reachable, and how the others are nobody knows */
export function stateInWords({ name, state }: ProcessBody, isOld: boolean): string {
  const words = STATES[state] ?? state
  if (!isOld) return words
  return name === 'server' ? 'not reachable' : `was ${state === 'backoff' ? 'to start again' : words}`
}

/** Whether a process whose restart was ordered runs again. */
export function isBack({ name, pid, startedAt }: ProcessBody, now: ProcessBody[]): boolean {
  return now.some(
    (one) => one.name === name && one.state === 'running' && (one.pid !== pid || one.startedAt !== startedAt),
  )
}

/** What it does for whom: the names alone tell only who knows the system. */
export const PURPOSES: Record<string, string> = {
  server: 'takes frames in, classifies them, and serves this page',
  worker: 'trains models',
  agent: 'sends the demo camera’s frames',
}

/** How it ended last, in words. */
export function exitInWords({ why, signal, code }: NonNullable<ProcessBody['lastExit']>): string {
  if (why === 'hang') return 'gave no sign of life'
  if (why === 'start_timeout') return 'was not ready in time'
  if (why === 'asked') return 'restarted, as asked'
  if (signal !== null) return `ended by ${signal}`
  return code === null ? 'could not be started' : `ended with code ${code}`
}

export function uptime({ startedAt }: ProcessBody, now: number): string {
  return startedAt === null ? '–' : duration(Math.max(0, now - Date.parse(startedAt)))
}
