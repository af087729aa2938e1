import { sql } from 'kysely'
import { Type } from 'typebox'
import type { ResultRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source, Sources } from '../devices/sources.ts'
import type { FewAtOnce } from '../http/few-at-once.ts'
import type { Http } from '../http/http.ts'
import { NOUNS } from '../http/nouns.ts'
import { iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { inFileName, refuseEmpty } from '../http/span.ts'
import { firstOfEach } from './first-of-each.ts'
import { Format, orText, PAGE, pagesAfter, sendRows } from './rows-as-text.ts'

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
  details: nullable(
    Type.Unknown({
      description:
        'of a sensor {expected, interval, estimators}: where all states are numbers their mean by probability and the ' +
        '90 % interval, and what each estimator says; of a door what its members say; else null',
    }),
  ),
})
const FOREVER = 8_640_000_000_000_000

/** Milliseconds UTC; `to` exclusive. */
interface Asked {
  from: number
  to: number
  every: number | undefined
  limit: number
}

/** What was said of a camera over a span of capture time, oldest first. */
export function resultRoutes(
  http: Http,
  { database, sources, texts }: { database: StateDatabase; sources: Sources; texts: FewAtOnce },
) {
  const select = (camera: string, { from, to, every, limit }: Asked) => {
    const rows = database.read
      .selectFrom('results')
      .selectAll()
      .where('camera', '=', camera)
      .where('captured_at', '>=', from)
      .where('captured_at', '<', to)
      .orderBy('captured_at')
      .orderBy('model')
      .limit(limit)
    return every === undefined
      ? rows
      : rows.where('captured_at', 'in', firstOfEach(camera, { from, to, every, limit: limit + 1 }))
  }
  const pages = (camera: string, asked: Asked) =>
    pagesAfter<ResultRow>((last) => {
      if (!last) return select(camera, asked).execute()
      const { captured_at, model } = last
      // The first of its part of time is still that, and is looked at once more.
      return select(camera, { ...asked, from: captured_at })
        .where(sql<boolean>`(captured_at, model) > (${captured_at}, ${model})`)
        .execute()
    })

  for (const noun of NOUNS)
    http.get(
      `${noun.path}/results`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'Results of a span; `every` keeps the first of each so many milliseconds',
          description:
            'Columns of CSV: captured_at, state, confidence, best, reason, model, latency_ms, late (0 or 1), ' +
            'probability_<state> of each state that the camera has now, and frame.',
          params: noun.params,
          querystring: Type.Object({
            from: Type.Optional(Milliseconds),
            to: Type.Optional(Milliseconds),
            limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
            cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
            every: Type.Optional(Type.Integer({ minimum: 1 })),
            format: Format,
          }),
          response: { 200: orText(listOf(Result)) },
        },
      },
      async ({ params, query }, reply) => {
        const camera = sources.at(noun, params)
        refuseEmpty(query)
        const { to = FOREVER, every, limit, cursor = 0, format } = query
        const from = Math.max(query.from ?? 0, cursor)
        if (format !== 'json')
          return sendRows(reply, format, texts, {
            name: `${camera.device}-${camera.name}-results${inFileName(query)}`,
            pages: pages(camera.id, { from, to, every, limit: PAGE }),
            shown: shownResult,
            columns: columnsOf(camera),
          })
        const rows = await select(camera.id, { from, to, every, limit: limit + 1 }).execute()
        const next = rows[limit]?.captured_at
        return { items: rows.slice(0, limit).map(shownResult), next: next === undefined ? null : String(next) }
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
    details: row.details_json === null ? null : (JSON.parse(row.details_json) as unknown),
  }
}

/** With a column for each state that the camera has now; whatever others there were is in ndjson. */
function columnsOf({ states }: Source): Record<string, (row: ResultRow) => string | number | null> {
  const probabilities = states.map((state) => [
    `probability_${state}`,
    ({ probabilities_json: json }: ResultRow) => (json === null ? null : (JSON.parse(json)[state] ?? null)),
  ])
  return {
    captured_at: (row) => iso(row.captured_at),
    state: (row) => row.state,
    confidence: (row) => row.confidence,
    best: (row) => row.best,
    reason: (row) => row.reason,
    model: (row) => row.model,
    latency_ms: (row) => row.latency_ms,
    late: (row) => row.late,
    ...Object.fromEntries(probabilities),
    frame: (row) => `${row.camera}/${row.captured_at}`,
  }
}

export { Result as ResultBody }
