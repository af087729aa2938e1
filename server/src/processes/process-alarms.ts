import type { HealthCheck } from '../observe/health.ts'
import type { ProcessStatus } from './process-status.ts'

/** What those who watch are told of a process. */
export interface ProcessAlarm {
  process: string
  level: HealthCheck['level']
  text: string
  state: ProcessStatus['state']
  restarts: number | null
  lastExit: ProcessStatus['lastExit']
}

/** The process that speaks here: its own end was seen by nobody else who could tell. */
const OURS = 'server'

/** So long health speaks of a failure that is over: whoever looks now may not have been told. */
const RECENT_MS = 3_600_000

/** What is new since the last report. @param before null for the first one: what is older was told by the server before us */
export function alarmsOf(before: ProcessStatus[] | null, now: ProcessStatus[]): ProcessAlarm[] {
  return now.flatMap((status) => {
    const { name, state, restarts, lastExit } = status
    const earlier = before?.find((one) => one.name === name)
    const alarm = (level: ProcessAlarm['level'], text: string, shown = state): ProcessAlarm => ({
      ...{ process: name, level, text, state: shown, restarts, lastExit },
    })
    const runsAgain = alarm('ok', `the ${name} runs again`)
    if (state === 'failed') return earlier?.state === 'failed' ? [] : [alarm('error', failedText(status))]
    if (earlier?.state === 'failed') return state === 'running' ? [runsAgain] : []
    const pastFailure = before === null && name === OURS ? pastFailureText(status) : null
    if (pastFailure) return [alarm('error', pastFailure, 'failed'), runsAgain]
    if (lastExit === null || lastExit.why === 'asked') return []
    const restartsBefore = earlier?.restarts ?? (before === null && name !== OURS ? restarts : 0)
    if ((restarts ?? 0) > (restartsBefore ?? 0)) {
      const again = state === 'starting' ? 'is being started again' : 'was started again'
      return [alarm('warn', `the ${name} ${howItEnded(status)} and ${again}`)]
    }
    return earlier?.state === 'starting' && state === 'running' && restarts ? [runsAgain] : []
  })
}

/**
 * One check for all of them: which processes are down, or were within the last hour where nobody could tell of it.
 * @param gaveUp what systemd told of those that it starts
 */
export function processHealth(processes: ProcessStatus[], gaveUp: ProcessAlarm[] = [], now = Date.now()): HealthCheck {
  const found = [...processes.flatMap((status) => troubleOf(status, now)), ...gaveUp.filter(isRecent(now))]
  if (found.length === 0) return { name: 'processes', level: 'ok', text: 'run' }
  const level = found.some((one) => one.level === 'error') ? 'error' : 'warn'
  return { name: 'processes', level, text: found.map(({ text }) => text).join('; ') }
}

function troubleOf(status: ProcessStatus, now: number): Pick<HealthCheck, 'level' | 'text'>[] {
  const { name, state, lastExit, lastFailure } = status
  if (state === 'failed') return [{ level: 'error', text: failedText(status) }]
  if (state === 'backoff')
    return [{ level: 'warn', text: `the ${name} ${howItEnded(status)} and is started again in a moment` }]
  if (state === 'starting' && lastExit !== null && lastExit.why !== 'asked')
    return [{ level: 'warn', text: `the ${name} ${howItEnded(status)} and is being started again` }]
  const text = name === OURS && now - (lastFailure?.toMs ?? 0) < RECENT_MS ? pastFailureText(status) : null
  return text ? [{ level: 'warn', text }] : []
}

const isRecent = (now: number) => (alarm: ProcessAlarm) => now - (alarm.lastExit?.atMs ?? 0) < RECENT_MS

/** Of a failure that ended with the present run; null where there was none. */
function pastFailureText({ name, startedAtMs, lastFailure }: ProcessStatus): string | null {
  if (!lastFailure?.toMs || startedAtMs === null || lastFailure.toMs < startedAtMs) return null
  const [from, to] = [lastFailure.fromMs, lastFailure.toMs].map((ms) => new Date(ms).toISOString())
  return `the ${name} had ended again and again at ${from}, and runs again since ${to}: its last lines at /api/processes say why`
}

function failedText(status: ProcessStatus): string {
  const { name } = status
  return `the ${name} ${howItEnded(status)} again and again: its last lines at /api/processes say why; it is tried once a minute`
}

function howItEnded({ lastExit }: ProcessStatus): string {
  if (lastExit === null) return 'ended'
  const { why, signal, code } = lastExit
  if (why === 'hang') return 'gave no sign of life'
  if (why === 'start_timeout') return 'was not ready in time'
  return `ended (${signal ?? code ?? 'it could not be started'})`
}
