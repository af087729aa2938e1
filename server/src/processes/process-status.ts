import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { nullable } from '../http/shapes.ts'

/** Why a process ended last, as the watchdog tells it. */
const LastExit = Type.Object({
  code: nullable(Type.Integer()),
  signal: nullable(Type.String()),
  why: Type.Enum(['exit', 'hang', 'start_timeout', 'asked']),
  /** Milliseconds UTC. */
  atMs: Type.Number(),
})

export const ProcessState = Type.Enum(['starting', 'running', 'backoff', 'failed', 'stopped'], {
  description: 'backoff: it waits for its next start; failed: it ended too often, and is tried again but seldom',
})

const ProcessStatus = Type.Object({
  name: Type.String(),
  pid: nullable(Type.Integer()),
  startedAtMs: nullable(Type.Number()),
  restarts: Type.Integer(),
  lastExit: nullable(LastExit),
  state: ProcessState,
  log: Type.Array(Type.String()),
})
const Report = Type.Object({ processes: Type.Array(ProcessStatus) })

export type LastExit = Type.Static<typeof LastExit>

/** One process; `restarts` is null where whoever counts them does not tell us. */
export type ProcessStatus = Omit<Type.Static<typeof ProcessStatus>, 'restarts'> & { restarts: number | null }

/** What a parent's message says of all processes, or null where it says something else. */
export function reported(message: unknown): ProcessStatus[] | null {
  return Value.Check(Report, message) ? message.processes : null
}
