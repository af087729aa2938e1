import { Type } from 'typebox'
import type { StateDatabase } from '../database/state-database.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Milliseconds, Name, Time } from '../http/shapes.ts'

const ReadingBody = Type.Object({
  device: Type.String(),
  sensor: Type.String(),
  at: Time,
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
})

/** Several sensors may have a reading of the same instant: `at/sensor`. */
const CURSOR = '^\\d{1,16}/[a-z0-9-]{1,32}$'

export function readingRoutes(http: Http, database: StateDatabase) {
  http.get(
    '/api/readings',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Readings of a device over a span, oldest first',
        querystring: Type.Object({
          device: Name,
          sensor: Type.Optional(Name),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
          cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
        }),
        response: { 200: listOf(ReadingBody) },
      },
    },
    async ({ query }) => {
      let select = database.read.selectFrom('readings').selectAll().where('device', '=', query.device)
      if (query.sensor) select = select.where('sensor', '=', query.sensor)
      if (query.from !== undefined) select = select.where('at', '>=', query.from)
      if (query.to !== undefined) select = select.where('at', '<', query.to)
      if (query.cursor) {
        const [at = '', sensor = ''] = query.cursor.split('/')
        select = select.where(({ eb, and, or }) =>
          or([eb('at', '>', Number(at)), and([eb('at', '=', Number(at)), eb('sensor', '>=', sensor)])]),
        )
      }
      const rows = await select
        .orderBy('at')
        .orderBy('sensor')
        .limit(query.limit + 1)
        .execute()
      const next = rows[query.limit]
      const items = rows
        .slice(0, query.limit)
        .map(({ device, sensor, at, value_json }) => ({ device, sensor, at: iso(at), value: JSON.parse(value_json) }))
      return { items, next: next ? `${next.at}/${next.sensor}` : null }
    },
  )
}
