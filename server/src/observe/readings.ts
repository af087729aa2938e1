import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import type { ReadingRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Milliseconds, Name, nullable, Time } from '../http/shapes.ts'

const ReadingBody = Type.Object({
  device: Type.String(),
  sensor: Type.String(),
  at: Time,
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
})
const AtBody = Type.Object({ ...ReadingBody.properties, unit: nullable(Type.String()) })

/** Several sensors may have a reading of the same instant: `at/sensor`. */
const CURSOR = '^\\d{1,16}/[a-z0-9-]{1,32}$'
/** What was read a day before a frame says nothing of it. */
const BESIDE_MS = 86_400_000
/** SQLite joins 500 queries at most. */
const QUERIES = 250

interface Page {
  from?: number
  to?: number
  limit: number
  order: 'oldest' | 'newest'
  cursor?: string
}

/** Readings over a span, and those of one instant. */
export function readingRoutes(http: Http, { read }: StateDatabase) {
  http.get(
    '/api/readings',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Readings of a device over a span, oldest or newest first',
        querystring: Type.Object({
          device: Name,
          sensor: Type.Optional(Name),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          order: Type.Enum(['oldest', 'newest'], { default: 'oldest' }),
          limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
          cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
        }),
        response: { 200: listOf(ReadingBody) },
      },
    },
    async ({ query }) => {
      const { device, sensor, limit } = query
      const sensors = sensor === undefined ? await sensorsOf(read, device) : [sensor]
      const found: ReadingRow[] = []
      for (let i = 0; i < sensors.length; i += QUERIES) {
        const some = sensors.slice(i, i + QUERIES).map((one) => ofSensor(device, one, query))
        found.push(...(await first(query, sql.join(some, sql` union all `)).execute(read)).rows)
      }
      const rows = found.sort(query.order === 'oldest' ? byTime : (a, b) => byTime(b, a))
      const next = rows[limit]
      return { items: rows.slice(0, limit).map(bodyOf), next: next ? `${next.at}/${next.sensor}` : null }
    },
  )

  http.get(
    '/api/readings/at',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'What the sensors of a device read last at an instant, such as that of a frame; nothing older than a day',
        querystring: Type.Object({ device: Name, at: Milliseconds }),
        response: { 200: Type.Object({ items: Type.Array(AtBody) }) },
      },
    },
    async ({ query: { device, at } }) => {
      const { rows } = await sql<ReadingRow & { unit: string | null }>`
        select r.*, s.unit from sensors s join readings r on r.device = s.device and r.sensor = s.name and r.at =
          (select max(l.at) from readings l
            where l.device = s.device and l.sensor = s.name and l.at <= ${at} and l.at >= ${at - BESIDE_MS})
        where s.device = ${device} order by s.name`.execute(read)
      return { items: rows.map((row) => ({ ...bodyOf(row), unit: row.unit })) }
    },
  )
}

async function sensorsOf(read: StateDatabase['read'], device: string): Promise<string[]> {
  const rows = await read.selectFrom('sensors').select('name').where('device', '=', device).execute()
  return rows.map(({ name }) => name)
}

/** The first readings of one sensor: each has its own place in the key, so that a page costs no look at all that there are. */
function ofSensor(device: string, sensor: string, page: Page): RawBuilder<ReadingRow> {
  const newestFirst = page.order === 'newest'
  const { at, isIncluded } = cursorOf(page, sensor)
  const [from, to] = [page.from ?? 0, page.to ?? Number.MAX_SAFE_INTEGER]
  const after = newestFirst ? from : Math.max(from, isIncluded ? at : at + 1)
  const before = newestFirst ? Math.min(to, isIncluded ? at + 1 : at) : to
  return sql`select * from (${first(
    page,
    sql`select * from readings where device = ${device} and sensor = ${sensor} and at >= ${after} and at < ${before}`,
  )})`
}

/** Where a page begins within one sensor. */
function cursorOf({ cursor, order }: Page, sensor: string): { at: number; isIncluded: boolean } {
  if (cursor === undefined)
    return order === 'oldest' ? { at: 0, isIncluded: true } : { at: Number.MAX_SAFE_INTEGER, isIncluded: false }
  const [at = '', first = ''] = cursor.split('/')
  return { at: Number(at), isIncluded: order === 'oldest' ? sensor >= first : sensor <= first }
}

function first({ order, limit }: Page, rows: RawBuilder<unknown>): RawBuilder<ReadingRow> {
  const direction = order === 'oldest' ? sql`asc` : sql`desc`
  return sql`${rows} order by at ${direction}, sensor ${direction} limit ${limit + 1}`
}

function byTime(a: ReadingRow, b: ReadingRow): number {
  return a.at - b.at || (a.sensor < b.sensor ? -1 : 1)
}

function bodyOf({ device, sensor, at, value_json }: ReadingRow) {
  return { device, sensor, at: iso(at), value: JSON.parse(value_json) as unknown }
}
