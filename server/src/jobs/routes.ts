import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import { callerOf } from '../http/access.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { iso, listOf, Time } from '../http/shapes.ts'
import type { Jobs } from './jobs.ts'
import { jobFor, mayRead } from './whose.ts'

const strict = { additionalProperties: false }
const ById = Type.Object({ id: Type.String() })

const STATES: JobRow['state'][] = ['queued', 'running', 'done', 'failed', 'cancelled']
const SOME_STATES = `^(${STATES.join('|')})(,(${STATES.join('|')}))*$`
const CURSOR = '^(\\d{1,16})/([0-9a-zA-Z-]{1,64})$'

const Query = Type.Object(
  {
    camera: Type.Optional(Type.String({ description: 'device/camera' })),
    kind: Type.Optional(Type.String({ description: 'such as training' })),
    state: Type.Optional(Type.String({ pattern: SOME_STATES, description: `some of ${STATES.join(', ')}` })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
    cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
  },
  strict,
)

const LineBody = Type.Object({
  seq: Type.Integer({ description: 'counts from 1 within the job' }),
  at: Time,
  level: Type.Enum(['info', 'warn', 'error']),
  text: Type.String(),
})

export function jobRoutes(http: Http, jobs: Jobs) {
  http.get(
    '/api/jobs',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Jobs, the newest first',
        description:
          'Jobs that ended are kept for 30 days, the last 1,000 of them; the newest of each kind, camera and outcome stays. ' +
          'Programs that users had run are listed with `kind=program` only, and go an hour after their end. ' +
          'Why a task or operation failed that an account called for is told to it, to operators and to admins.',
        querystring: Query,
        response: { 200: listOf(JobBody) },
      },
    },
    async (request) => {
      const { camera, kind, state, limit, cursor } = request.query
      const caller = callerOf(request)
      const states = state?.split(',') as JobRow['state'][] | undefined
      const rows = await jobs.list({ camera, kind, states, after: placeOf(cursor), limit: limit + 1 })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        items: rows.slice(0, limit).map((row) => jobFor(caller, row)),
        next: last ? `${last.created_at}/${last.id}` : null,
      }
    },
  )

  http.get(
    '/api/jobs/:id',
    { config: { access: 'viewer' }, schema: { summary: 'One job', params: ById, response: { 200: JobBody } } },
    async (request) => jobFor(callerOf(request), await jobs.get(request.params.id)),
  )

  http.get(
    '/api/jobs/:id/log',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What a job had to say, the oldest first; at most 500 lines',
        description:
          'What a task or operation printed that an account called for is shown to it, to operators and to admins: others read ' +
          'one line that says so.',
        params: ById,
        querystring: Type.Object(
          { after: Type.Integer({ minimum: 0, default: 0, description: '`seq` of the last line that is known' }) },
          strict,
        ),
        response: { 200: listOf(LineBody) },
      },
    },
    async (request) => {
      const { params, query } = request
      const job = await jobs.get(params.id)
      const lines = mayRead(callerOf(request), job) ? await jobs.lines(job.id, query.after) : notShown(job, query.after)
      return { items: lines.map(({ seq, at, level, text }) => ({ seq, at: iso(at), level, text })), next: null }
    },
  )

  http.delete(
    '/api/jobs/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Cancel a job that waits or runs',
        description: 'One that runs ends as soon as it can; its answer may still say `running`.',
        params: ById,
        response: { 200: JobBody },
      },
    },
    async ({ params }) => shownJob(await jobs.cancel(params.id)),
  )
}

/** In place of lines that are not the caller's: no error, for whoever looks at jobs is to see which there are. */
function notShown({ created_at: at }: JobRow, after: number) {
  const text = 'what it says is shown to whoever asked for it, and to operators and admins'
  return after > 0 ? [] : [{ seq: 1, at, level: 'info' as const, text }]
}

function placeOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined
  const [, createdAt, id] = new RegExp(CURSOR).exec(cursor) ?? []
  if (createdAt === undefined || id === undefined)
    throw badRequest('bad_cursor', 'this is no `next` of a list', 'cursor')
  return { createdAt: Number(createdAt), id }
}
