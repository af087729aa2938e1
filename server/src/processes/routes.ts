import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { iso, isoOrNull, listOf, NullableTime, nullable, Time } from '../http/shapes.ts'
import type { Log } from '../logging/levels.ts'
import { ExitReason, ProcessState, type ProcessStatus } from './process-status.ts'
import type { Processes } from './processes.ts'

const Process = Type.Object({
  name: Type.String(),
  pid: nullable(Type.Integer()),
  state: ProcessState,
  startedAt: NullableTime,
  uptimeMs: nullable(Type.Integer()),
  restarts: nullable(Type.Integer({ description: 'starts after the first; null where systemd counts them' })),
  lastExit: nullable(
    Type.Object({
      at: Time,
      code: nullable(Type.Integer()),
      signal: nullable(Type.String()),
      why: ExitReason,
    }),
  ),
  log: nullable(
    Type.Array(Type.String(), { description: 'its last lines, oldest first; null for who may not see them' }),
  ),
})

/** The processes, and a new start of one. */
export function processRoutes(http: Http, processes: Processes, log: Log) {
  http.get(
    '/api/processes',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Server, job worker and agent: how each is', response: { 200: listOf(Process) } },
    },
    async ({ caller }) => {
      const maySeeLines = caller?.role === 'admin' || caller?.role === 'operator'
      return { items: processes.list().map((status) => processBody(status, maySeeLines)), next: null }
    },
  )

  http.post(
    '/api/processes/:name/restart',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'End a process in order and start it again',
        params: Type.Object({ name: Type.String({ maxLength: 32 }) }),
        response: { 202: Type.Object({ name: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      processes.restart(name)
      log.warn({ by: callerName(request), process: name }, 'a process is restarted, as asked')
      return reply.status(202).send({ name })
    },
  )
}

function processBody({ startedAtMs, lastExit, log, ...status }: ProcessStatus, maySeeLines: boolean) {
  const { name, pid, state, restarts } = status
  return {
    ...{ name, pid, state, restarts },
    startedAt: isoOrNull(startedAtMs === null ? null : Math.round(startedAtMs)),
    uptimeMs: startedAtMs === null ? null : Math.max(0, Math.round(Date.now() - startedAtMs)),
    lastExit: lastExit && {
      at: iso(lastExit.atMs),
      code: lastExit.code,
      signal: lastExit.signal,
      why: lastExit.why,
    },
    log: maySeeLines ? log : null,
  }
}
