import { Type } from 'typebox'
import type { OperationRow } from '../../database/schema-laboratory.ts'
import type { Http } from '../../http/http.ts'
import { baseOf } from '../files/base-of.ts'
import type { Sessions } from '../rest/sessions.ts'
import { analyst, callerOf, Op, OperationId } from '../rest/shapes.ts'
import type { Operations } from './operations.ts'
import type { Usage } from './usage.ts'

export interface ExecutionRoutesPorts {
  operations: Pick<Operations, 'get' | 'body' | 'cancel'>
  sessions: Pick<Sessions, 'readable'>
  usage: Pick<Usage, 'measure' | 'counts'>
  /** AJAR_PUBLIC_URL, or empty. */
  publicUrl: string
}

const Bytes = (description: string) => Type.Integer({ description: `bytes ${description}` })
const Count = (description: string) => Type.Integer({ description })

const UsageBody = Type.Object({
  uploads: Bytes('of uploads'),
  results: Bytes('of what operations made'),
  unshown: Bytes('of results that no operation shows any more: they go first where room is needed'),
  most: Bytes('that uploads and results may take together'),
  disk: Bytes('that may be written on the disk until it counts as full'),
  counts: Type.Object({
    sessions: Count('data sessions of everybody'),
    operations: Count('operations in them'),
    waiting: Count('operations that wait'),
    running: Count('operations that run'),
    results: Count('results that are kept'),
    uploads: Count('uploads'),
  }),
})

/** What the older client of the laboratory does not have: an operation is ended, and how full the laboratory is. */
export function executionRoutes(http: Http, { operations, sessions, usage, publicUrl }: ExecutionRoutesPorts) {
  http.get(
    '/api/laboratory',
    {
      config: analyst,
      schema: { summary: 'What the laboratory takes on the disk, and may', response: { 200: UsageBody } },
    },
    async () => ({ ...(await usage.measure()), counts: await usage.counts() }),
  )

  http.post(
    '/api/datasessions/:id/operations/:op/cancel/',
    {
      config: analyst,
      schema: {
        summary: 'End an operation that waits or runs: it has FAILED then, with the message `cancelled`',
        description:
          'One that runs ends as soon as it can; its answer may still say IN_PROGRESS. 409 where it has ended.',
        params: OperationId,
        response: { 200: Op },
      },
    },
    async (request) => {
      const { params } = request
      const session = await sessions.readable(callerOf(request), params.id)
      const row: OperationRow = await operations.get(session.id, /^\d{1,15}$/.test(params.op) ? Number(params.op) : 0)
      const [body] = await operations.body([await operations.cancel(row)], baseOf(request, publicUrl))
      if (!body) throw new Error(`operation ${row.id} is not shown`)
      return body
    },
  )
}
