import { sql } from 'kysely'
import { Type } from 'typebox'
import type { ResultRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import type { Http } from '../http/http.ts'
import { CameraPath, iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'

const Result = Type.Object({
  frame: Type.String(),
  capturedAt: Time,
  state: Type.String(),
  confidence: nullable(Type.Number()),
  best: nullable(Type.String({ description: 'the most probable state, whatever the threshold says' })),
  probabilities: nullable(Type.Record(Type.String(), Type.Number())),
  reason: nullable(Type.String({ description: 'why it is `unknown`' })),
  model: nullable(Type.String()),
  latencyMs: Type.Number(),
  late: Type.Boolean(),
})
const TransitionBody = Type.Object({
  at: Time,
  from: Type.String(),
  to: Type.String(),
  reason: nullable(Type.String()),
  confidence: nullable(Type.Number()),
  frame: nullable(Type.String()),
  model: nullable(Type.String()),
})
const span = {
  from: Type.Optional(Milliseconds),
  to: Type.Optional(Milliseconds),
  limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
  cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
}
const FOREVER = 8_640_000_000_000_000

/** What was said of a camera over a span of capture time, oldest first. */
export function resultRoutes(http: Http, { database, cameras }: { database: StateDatabase; cameras: Cameras }) {
  http.get(
    '/api/cameras/:device/:camera/results',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Results of a span; `every` keeps the first of each so many milliseconds',
        params: CameraPath,
        querystring: Type.Object({
          ...span,
          every: Type.Optional(Type.Integer({ minimum: 1 })),
          format: Type.Enum(['json', 'csv'], { default: 'json' }),
        }),
        response: { 200: Type.Union([listOf(Result), Type.String()]) },
      },
    },
    async ({ params, query }, reply) => {
      const { id } = cameras.get(`${params.device}/${params.camera}`)
      const { from = 0, to = FOREVER, every, limit, cursor = 0, format } = query
      let select = database.read
        .selectFrom('results')
        .selectAll()
        .where('camera', '=', id)
        .where('captured_at', '>=', Math.max(from, cursor))
        .where('captured_at', '<', to)
      if (every !== undefined) {
        select = select.where(({ eb, selectFrom }) =>
          eb(
            'captured_at',
            'in',
            selectFrom('results')
              .select(({ fn }) => fn.min('captured_at').as('first'))
              .where('camera', '=', id)
              .where('captured_at', '>=', Math.max(from, cursor))
              .where('captured_at', '<', to)
              // A number is bound as a float: the division has to be one of integers.
              .groupBy(sql`captured_at / cast(${every} as integer)`),
          ),
        )
      }
      const rows = await select
        .orderBy('captured_at')
        .orderBy('model')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const next = rows[limit]?.captured_at
      if (format === 'csv') return reply.type('text/csv; charset=utf-8').send(csv(page))
      return { items: page.map(shownResult), next: next === undefined ? null : String(next) }
    },
  )

  http.get(
    '/api/cameras/:device/:camera/transitions',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Debounced changes of state of a span',
        params: CameraPath,
        querystring: Type.Object(span),
        response: { 200: listOf(TransitionBody) },
      },
    },
    async ({ params, query }) => {
      const { id } = cameras.get(`${params.device}/${params.camera}`)
      const { from = 0, to = FOREVER, limit, cursor = 0 } = query
      const rows = await database.read
        .selectFrom('transitions')
        .selectAll()
        .where('camera', '=', id)
        .where('at', '>=', Math.max(from, cursor))
        .where('at', '<', to)
        .orderBy('at')
        .limit(limit + 1)
        .execute()
      const next = rows[limit]?.at
      const items = rows.slice(0, limit).map((row) => ({
        at: iso(row.at),
        from: row.from_state,
        to: row.to_state,
        reason: row.reason,
        confidence: row.confidence,
        frame: row.frame_at === null ? null : `${id}/${row.frame_at}`,
        model: row.model,
      }))
      return { items, next: next === undefined ? null : String(next) }
    },
  )
}

export function shownResult(row: ResultRow) {
  return {
    frame: `${row.camera}/${row.captured_at}`,
    capturedAt: iso(row.captured_at),
    state: row.state,
    confidence: row.confidence,
    best: row.best,
    probabilities: row.probabilities_json === null ? null : JSON.parse(row.probabilities_json),
    reason: row.reason,
    model: row.model || null,
    latencyMs: row.latency_ms,
    late: row.late === 1,
  }
}

export { Result as ResultBody }

/** RFC 4180. No field can hold a comma or a quote: they are names, numbers and times of ours. */
function csv(rows: ResultRow[]): string {
  const header = 'captured_at,state,confidence,best,reason,model,latency_ms,late'
  const lines = rows.map((row) =>
    [iso(row.captured_at), row.state, row.confidence, row.best, row.reason, row.model, row.latency_ms, row.late].join(),
  )
  return `${[header, ...lines].join('\r\n')}\r\n`
}
