import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { Type } from 'typebox'
import type { ResultRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import type { Http } from '../http/http.ts'
import { CameraPath, iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { type PageAfter, resultsCsv } from './results-csv.ts'

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
  const select = (camera: string, from: number, to: number, every: number | undefined) => {
    const rows = database.read
      .selectFrom('results')
      .selectAll()
      .where('camera', '=', camera)
      .where('captured_at', '>=', from)
      .where('captured_at', '<', to)
      .orderBy('captured_at')
      .orderBy('model')
    if (every === undefined) return rows
    return rows.where(({ eb, selectFrom }) =>
      eb(
        'captured_at',
        'in',
        selectFrom('results')
          .select(({ fn }) => fn.min('captured_at').as('first'))
          .where('camera', '=', camera)
          .where('captured_at', '>=', from)
          .where('captured_at', '<', to)
          // A number is bound as a float: the division has to be one of integers.
          .groupBy(sql`captured_at / cast(${every} as integer)`),
      ),
    )
  }

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
          format: Type.Enum(['json', 'csv'], { default: 'json', description: 'csv is all of the span, without pages' }),
        }),
        response: { 200: Type.Union([listOf(Result), Type.Unsafe<Readable>(Type.String())]) },
      },
    },
    async ({ params, query }, reply) => {
      const { id } = cameras.get(`${params.device}/${params.camera}`)
      const { to = FOREVER, every, limit, cursor = 0, format } = query
      const from = Math.max(query.from ?? 0, cursor)
      if (format === 'csv') {
        const pageAfter: PageAfter = (key, most) => {
          let rows = select(id, from, to, every).limit(most)
          if (key) rows = rows.where(sql<boolean>`(captured_at, model) > (${key.captured_at}, ${key.model})`)
          return rows.execute()
        }
        return reply.type('text/csv; charset=utf-8').send(Readable.from(resultsCsv(pageAfter)))
      }
      const rows = await select(id, from, to, every)
        .limit(limit + 1)
        .execute()
      const next = rows[limit]?.captured_at
      return { items: rows.slice(0, limit).map(shownResult), next: next === undefined ? null : String(next) }
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

export function shownResult(row: Omit<ResultRow, 'novelty' | 'signature'>) {
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
