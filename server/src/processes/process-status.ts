import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { nullable } from '../http/shapes.ts'

// What the watchdog tells, and what we hand on. A word that we do not know yet is no reason to take it for nobody's.

export const ExitReason = Type.String({
  description:
    'exit: by itself; hang: it gave no sign of life, or its frames stood still; start_timeout: not ready in time; asked: by order',
})

export const ProcessState = Type.String({
  description:
    'starting, running, stopped, backoff: it waits for its next start, or failed: it ended too often, and is tried again but seldom',
})

/** Why a process ended last. */
const LastExit = Type.Object({
  code: nullable(Type.Integer()),
  signal: nullable(Type.String()),
  why: ExitReason,
  /** Milliseconds UTC. */
  atMs: Type.Number(),
})

const ProcessStatus = Type.Object({
  name: Type.String(),
  pid: nullable(Type.Integer()),
  startedAtMs: nullable(Type.Number()),
  restarts: Type.Integer(),
  lastExit: nullable(LastExit),
  state: ProcessState,
  /** When quick restarts did not help the last time. An older watchdog does not tell of it. */
  lastFailure: Type.Optional(
    nullable(Type.Object({ fromMs: Type.Number(), toMs: nullable(Type.Number()), restarts: Type.Integer() })),
  ),
  /** Lines that were not told yet, oldest first. */
  log: Type.Array(Type.String()),
})
const Report = Type.Object({ processes: Type.Array(ProcessStatus) })

export type LastExit = Type.Static<typeof LastExit>

/** One process; `restarts` is null where whoever counts them does not tell us. */
export type ProcessStatus = Omit<Type.Static<typeof ProcessStatus>, 'restarts'> & { restarts: number | null }

/** As many as a watchdog keeps. */
export const LAST_LINES = 100

/**
 * What a parent's message says of all processes, or null where it says something else.
 * @param before what it said last: its lines stand before the new ones
 */
export function reported(message: unknown, before: ProcessStatus[] | null): ProcessStatus[] | null {
  if (!Value.Check(Report, message)) return null
  return message.processes.map((status) => {
    const earlier = before?.find(({ name }) => name === status.name)?.log ?? []
    return { ...status, log: [...earlier, ...status.log].slice(-LAST_LINES) }
  })
}
