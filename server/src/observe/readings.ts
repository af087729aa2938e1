import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import type { ReadingRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { FewAtOnce } from '../http/few-at-once.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Milliseconds, Name, nullable, Time } from '../http/shapes.ts'
import { inFileName, refuseEmpty } from '../http/span.ts'
import { Format, orText, PAGE, sendRows } from './rows-as-text.ts'

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
/** A reading may be a list of 4096 numbers, 90 kB as JSON: of such ones a page holds fewer than were asked for. */
const PAGE_BYTES = 4 * 1024 * 1024

interface Page {
  from?: number
  to?: number
  limit: number
  order: 'oldest' | 'newest'
  cursor?: string
}

/** Readings over a span, and those of one instant. */
export function readingRoutes(
  http: Http,
  { database: { read }, texts }: { database: StateDatabase; texts: FewAtOnce },
) {
  http.get(
    '/api/readings',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'Readings of a device over a span, oldest or newest first; a page of long lists holds fewer than `limit`',
        querystring: Type.Object({
          device: Name,
          sensor: Type.Optional(Name),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          order: Type.Enum(['oldest', 'newest'], { default: 'oldest' }),
          limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
          cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
          format: Format,
        }),
        response: { 200: orText(listOf(ReadingBody)) },
      },
    },
    async ({ query }, reply) => {
      refuseEmpty(query)
      const { device, sensor, format } = query
      const sensors = sensor === undefined ? await sensorsOf(read, device) : [sensor]
      if (format !== 'json')
        return sendRows(reply, format, texts, {
          name: [device, ...(sensor === undefined ? [] : [sensor]), 'readings'].join('-') + inFileName(query),
          pages: pagesOf(read, sensors, { ...query, limit: PAGE }),
          shown: bodyOf,
          columns: COLUMNS,
        })
      const { rows, next } = await fittingPage(read, sensors, query)
      return { items: rows.map(bodyOf), next: next ?? null }
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

/** All pages from the first on. */
async function* pagesOf(read: StateDatabase['read'], sensors: string[], page: Page & { device: string }) {
  for (let cursor = page.cursor; ; ) {
    const { rows, next } = await fittingPage(read, sensors, cursor === undefined ? page : { ...page, cursor })
    yield rows
    if (next === undefined) return
    cursor = next
  }
}

/** A page that is not too large, and where the one after it begins. */
async function fittingPage(read: StateDatabase['read'], sensors: string[], page: Page & { device: string }) {
  const sizes = await pageOf<{ at: number; sensor: string; bytes: number }>(read, sensors, page, SIZES)
  const limit = Math.min(page.limit, howManyFit(sizes))
  const rows = await pageOf<ReadingRow>(read, sensors, { ...page, limit }, sql`*`)
  const next = rows[limit]
  return { rows: rows.slice(0, limit), next: next && `${next.at}/${next.sensor}` }
}

const COLUMNS: Record<string, (row: ReadingRow) => string | number | null> = {
  at: ({ at }) => iso(at),
  device: ({ device }) => device,
  sensor: ({ sensor }) => sensor,
  value: ({ value_json }) => {
    const value: unknown = JSON.parse(value_json)
    return typeof value === 'number' || typeof value === 'string' ? value : value_json
  },
}

const SIZES = sql`at, sensor, octet_length(value_json) as bytes`

/** The first `limit` readings of some sensors and the one after them, in their order. */
async function pageOf<Row extends { at: number; sensor: string }>(
  read: StateDatabase['read'],
  sensors: string[],
  page: Page & { device: string },
  columns: RawBuilder<unknown>,
): Promise<Row[]> {
  const found: Row[] = []
  for (let i = 0; i < sensors.length; i += QUERIES) {
    const some = sensors.slice(i, i + QUERIES).map((one) => ofSensor(page, one, columns))
    found.push(...(await first<Row>(page, sql.join(some, sql` union all `)).execute(read)).rows)
  }
  return found.sort(page.order === 'oldest' ? byTime : (a, b) => byTime(b, a)).slice(0, page.limit + 1)
}

/** One at least: nobody would get past it otherwise. */
function howManyFit(sizes: { bytes: number }[]): number {
  let [count, bytes] = [0, 0]
  for (const size of sizes) {
    bytes += size.bytes
    if (count > 0 && bytes > PAGE_BYTES) break
    count++
  }
  return Math.max(1, count)
}

/** The first readings of one sensor: each has its own place in the key, so that a page costs no look at all that there are. */
function ofSensor(page: Page & { device: string }, sensor: string, columns: RawBuilder<unknown>): RawBuilder<unknown> {
  const newestFirst = page.order === 'newest'
  const { at, isIncluded } = cursorOf(page, sensor)
  const [from, to] = [page.from ?? 0, page.to ?? Number.MAX_SAFE_INTEGER]
  const after = newestFirst ? from : Math.max(from, isIncluded ? at : at + 1)
  const before = newestFirst ? Math.min(to, isIncluded ? at + 1 : at) : to
  return sql`select * from (${first(
    page,
    sql`select ${columns} from readings
         where device = ${page.device} and sensor = ${sensor} and at >= ${after} and at < ${before}`,
  )})`
}

/** Where a page begins within one sensor. */
function cursorOf({ cursor, order }: Page, sensor: string): { at: number; isIncluded: boolean } {
  if (cursor === undefined)
    return order === 'oldest' ? { at: 0, isIncluded: true } : { at: Number.MAX_SAFE_INTEGER, isIncluded: false }
  const [at = '', first = ''] = cursor.split('/')
  return { at: Number(at), isIncluded: order === 'oldest' ? sensor >= first : sensor <= first }
}

function first<Row>({ order, limit }: Page, rows: RawBuilder<unknown>): RawBuilder<Row> {
  const direction = order === 'oldest' ? sql`asc` : sql`desc`
  return sql`${rows} order by at ${direction}, sensor ${direction} limit ${limit + 1}`
}

function byTime(a: { at: number; sensor: string }, b: { at: number; sensor: string }): number {
  return a.at - b.at || (a.sensor < b.sensor ? -1 : 1)
}

function bodyOf({ device, sensor, at, value_json }: ReadingRow) {
  return { device, sensor, at: iso(at), value: JSON.parse(value_json) as unknown }
}
