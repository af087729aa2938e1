import { Type } from 'typebox'
import type { TransitionRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import type { FewAtOnce } from '../http/few-at-once.ts'
import type { Http } from '../http/http.ts'
import { NOUNS } from '../http/nouns.ts'
import { iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { inFileName, refuseEmpty } from '../http/span.ts'
import { Format, orText, PAGE, pagesAfter, sendRows } from './rows-as-text.ts'

const TransitionBody = Type.Object({
  at: Time,
  from: Type.String(),
  to: Type.String(),
  reason: nullable(Type.String()),
  confidence: nullable(Type.Number()),
  frame: nullable(Type.String()),
  model: nullable(Type.String()),
})
const FOREVER = 8_640_000_000_000_000

/** Changes of a camera's state over a span of time, oldest first. */
export function transitionRoutes(
  http: Http,
  { database, sources, texts }: { database: StateDatabase; sources: Sources; texts: FewAtOnce },
) {
  const select = (camera: string, from: number, to: number, limit: number) =>
    database.read
      .selectFrom('transitions')
      .selectAll()
      .where('camera', '=', camera)
      .where('at', '>=', from)
      .where('at', '<', to)
      .orderBy('at')
      .limit(limit)
      .execute()

  for (const noun of NOUNS)
    http.get(
      `${noun.path}/transitions`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'Debounced changes of state of a span',
          params: noun.params,
          querystring: Type.Object({
            from: Type.Optional(Milliseconds),
            to: Type.Optional(Milliseconds),
            limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
            cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
            format: Format,
          }),
          response: { 200: orText(listOf(TransitionBody)) },
        },
      },
      async ({ params, query }, reply) => {
        const { id, device, name: camera } = sources.at(noun, params)
        refuseEmpty(query)
        const { to = FOREVER, limit, cursor = 0, format } = query
        const from = Math.max(query.from ?? 0, cursor)
        if (format !== 'json')
          return sendRows<TransitionRow>(reply, format, texts, {
            name: `${device}-${camera}-transitions${inFileName(query)}`,
            pages: pagesAfter((last) => select(id, last ? last.at + 1 : from, to, PAGE)),
            shown,
            columns: COLUMNS,
          })
        const rows = await select(id, from, to, limit + 1)
        const next = rows[limit]?.at
        return { items: rows.slice(0, limit).map(shown), next: next === undefined ? null : String(next) }
      },
    )
}

const COLUMNS: Record<string, (row: TransitionRow) => string | number | null> = {
  at: ({ at }) => iso(at),
  from: ({ from_state }) => from_state,
  to: ({ to_state }) => to_state,
  reason: ({ reason }) => reason,
  confidence: ({ confidence }) => confidence,
  frame: ({ camera, frame_at }) => (frame_at === null ? null : `${camera}/${frame_at}`),
  model: ({ model }) => model,
}

function shown(row: TransitionRow) {
  return {
    at: iso(row.at),
    from: row.from_state,
    to: row.to_state,
    reason: row.reason,
    confidence: row.confidence,
    frame: row.frame_at === null ? null : `${row.camera}/${row.frame_at}`,
    model: row.model,
  }
}
