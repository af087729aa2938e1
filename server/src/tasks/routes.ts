import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import { Type } from 'typebox'
import { callerOf } from '../http/access.ts'
import { badRequest, notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { listOf, nullable } from '../http/shapes.ts'
import type { Catalog } from './catalog/catalog.ts'
import { RunBody } from './runs/run-body.ts'
import type { Runs } from './runs/runs.ts'
import { shownTask, TaskBody } from './task-body.ts'

export interface TaskRoutesPorts {
  catalog: Pick<Catalog, 'list' | 'find'>
  runs: Runs
  /** Protocol and host before signed addresses. */
  baseOf(request: FastifyRequest): string
}

const strict = { additionalProperties: false }
const analyst = { access: 'analyst' } as const
const ByName = Type.Object({ name: Type.String({ maxLength: 100 }) })
const ByJob = Type.Object({ job: Type.String({ maxLength: 100 }) })
/** Of parameters 1 MiB is taken, as JSON is written shortest: with letters written out (`\\u00e9`) it is three times that. */
const CALL_BYTES = 3 * 1024 * 1024 + 1024
const CURSOR = '^(\\d{1,16})/([0-9a-zA-Z-]{1,64})$'

const Call = Type.Object(
  {
    params: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'by what the task declares. A picture is the basename or the id of a frame, the basename of a file of the archive or of ' +
          'something of your own, `{"source","basename"}`, or `{"source":"archive","query":{"camera","from","to","state","every"}}`.',
      }),
    ),
  },
  strict,
)

const Query = Type.Object(
  {
    task: Type.Optional(Type.String({ description: 'name of a task' })),
    camera: Type.Optional(Type.String({ description: 'device/camera: runs that nobody called for' })),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
  },
  strict,
)

/** Tasks and their runs. */
export function taskRoutes(http: Http, { catalog, runs, baseOf }: TaskRoutesPorts) {
  http.get(
    '/api/tasks',
    {
      config: analyst,
      schema: {
        summary: 'The tasks that there are now, by name; broken ones say why',
        response: { 200: listOf(TaskBody) },
      },
    },
    async () => {
      const { tasks, broken } = await catalog.list()
      const items = [...tasks, ...broken].map(shownTask).sort((a, b) => (a.name < b.name ? -1 : 1))
      return { items, next: null }
    },
  )

  http.get(
    '/api/tasks/:name',
    { config: analyst, schema: { summary: 'One task', params: ByName, response: { 200: TaskBody } } },
    async ({ params }) => {
      const task = await catalog.find(params.name)
      if (!task) throw notFound(`the task ${params.name}`)
      return shownTask(task)
    },
  )

  http.post(
    '/api/tasks/:name',
    {
      config: analyst,
      bodyLimit: CALL_BYTES,
      schemaErrorFormatter: callIsWrong,
      schema: {
        summary: 'Call a task',
        description:
          'The body is `{"params": {...}}`, of 1 MiB of parameters at most. It is run as a job: `Location` leads to the run, which says how it stands and what came of it; events of kind `job` tell ' +
          'when it ends. 400 `bad_params` names the field, 409 `task_broken` says why; 429 where 20 tasks and operations of the caller wait ' +
          'already, 503 where too many of all do, 507 where there is no room for what comes of it.',
        params: ByName,
        body: nullable(Call),
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const job = await runs.create(callerOf(request), params.name, body?.params ?? {})
      return reply.status(202).header('location', `/api/task-runs/${job.id}`).send(shownJob(job))
    },
  )

  http.get(
    '/api/task-runs',
    {
      config: analyst,
      schema: {
        summary: 'Runs of tasks, the newest first: those of the caller, and those that nobody called for',
        description:
          'An admin sees all. They are kept for AJAR_LABORATORY_DAYS, the last 10,000 of them. Long parameters and results are left out here.',
        querystring: Query,
        response: { 200: listOf(RunBody) },
      },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query
      const rows = await runs.list(callerOf(request), { ...filter, after: placeOf(cursor), limit: limit + 1 })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const items = await runs.body(rows.slice(0, limit), baseOf(request), true)
      return { items, next: last ? `${last.created_at}/${last.job}` : null }
    },
  )

  http.get(
    '/api/task-runs/:job',
    { config: analyst, schema: { summary: 'One run of a task', params: ByJob, response: { 200: RunBody } } },
    async (request) => {
      const row = await runs.get(callerOf(request), request.params.job)
      return firstOf(await runs.body([row], baseOf(request)))
    },
  )

  http.delete(
    '/api/task-runs/:job',
    {
      config: analyst,
      schema: {
        summary: 'End a run that waits or runs; remove one that has ended, with what came of it',
        description: 'One that runs ends as soon as it can: its answer may still say `running`. 204 where it is gone.',
        params: ByJob,
        response: { 200: RunBody, 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const row = await runs.remove(caller, await runs.get(caller, request.params.job))
      if (row === null) return reply.status(204).send(null)
      return firstOf(await runs.body([row], baseOf(request)))
    },
  )
}

/** Whoever sends parameters alone is told where they are to stand. */
const callIsWrong: NonNullable<RouteShorthandOptions['schemaErrorFormatter']> = ([first], where) => {
  const { instancePath = '', message = 'is wrong', params = {} } = first ?? {}
  if (where !== 'body') return new Error(`${where}${instancePath} ${message}`)
  const name = params.additionalProperty
  const field = typeof name === 'string' ? name : instancePath.split('/').filter(Boolean).join('.')
  const why = typeof name === 'string' ? `${name} is to stand in params` : `${field || 'it'} ${message}`
  return badRequest('bad_request', `the body is {"params": {...}}: ${why}`, field || undefined)
}

function firstOf<T>([first]: T[]): T {
  if (first === undefined) throw new Error('the run is not shown')
  return first
}

function placeOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined
  const [, createdAt, job] = new RegExp(CURSOR).exec(cursor) ?? []
  if (createdAt === undefined || job === undefined)
    throw badRequest('bad_cursor', 'this is no `next` of a list', 'cursor')
  return { createdAt: Number(createdAt), job }
}
