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

/** What is new since the last report. @param before null for the first one: what is older was told by the server before us */
export function alarmsOf(before: ProcessStatus[] | null, now: ProcessStatus[]): ProcessAlarm[] {
  return now.flatMap((status) => {
    const { name, state, restarts, lastExit } = status
    const earlier = before?.find((one) => one.name === name)
    const alarm = (level: ProcessAlarm['level'], text: string) => [
      { process: name, level, text, state, restarts, lastExit },
    ]
    if (state === 'failed') return earlier?.state === 'failed' ? [] : alarm('error', failedText(status))
    if (earlier?.state === 'failed') return state === 'running' ? alarm('ok', `the ${name} runs again`) : []
    const restartsBefore = earlier?.restarts ?? (before === null && name !== OURS ? restarts : 0)
    if (lastExit === null || lastExit.why === 'asked' || (restarts ?? 0) <= (restartsBefore ?? 0)) return []
    return alarm('warn', `the ${name} ${howItEnded(status)} and was started again`)
  })
}

/** One check for all of them: which processes are down. */
export function processHealth(processes: ProcessStatus[]): HealthCheck {
  const down = processes.filter(({ state }) => state === 'failed' || state === 'backoff')
  if (down.length === 0) return { name: 'processes', level: 'ok', text: 'run' }
  const texts = down.map((status) =>
    status.state === 'failed'
      ? failedText(status)
      : `the ${status.name} ${howItEnded(status)} and is started again in a moment`,
  )
  return { name: 'processes', level: 'warn', text: texts.join('; ') }
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
