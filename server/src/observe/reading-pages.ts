import { type RawBuilder, sql } from 'kysely'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { howManyFit, valuesOf } from './reading-values.ts'

export interface ReadingPagesPorts {
  database: StateDatabase
  archive: Pick<Archive, 'bytesOf'>
  sources: Pick<Sources, 'ofKind'>
  /** Milliseconds UTC: of what was stored before in the frames files, only what is kept is there still. */
  storedSince(): number
}

/** Times are milliseconds UTC; `to` exclusive. */
export interface Asked {
  device: string
  /** Names of sensors of the device. */
  sensors: string[]
  from?: number
  to?: number
  limit: number
  order: 'oldest' | 'newest'
  /** `at/sensor`: several sensors may have a reading of the same instant. */
  cursor?: string
}

/** What a sensor read. */
export interface Said {
  device: string
  sensor: string
  at: number
  value: unknown
}

/** A reading as it is found: the value of one whose sensor was set up is in the frames files, and null here. */
interface Found {
  device: string
  sensor: string
  at: number
  /** Of its value, as far as that is not here. */
  bytes: number
  value_json: string | null
}

/** SQLite joins 500 queries at most, and of a sensor there are two. */
const SENSORS = 200

/** Readings of the sensors of a device over a span, whether they are set up or not, page by page. */
export class ReadingPages {
  readonly #ports: ReadingPagesPorts

  constructor(ports: ReadingPagesPorts) {
    this.#ports = ports
  }

  /** Names of all sensors of a device that are known. */
  async sensorsOf(device: string): Promise<string[]> {
    const { database, sources } = this.#ports
    const rows = await database.read.selectFrom('sensors').select('name').where('device', '=', device).execute()
    const setUp = sources.ofKind('sensor').filter((source) => source.device === device)
    return [...new Set([...rows, ...setUp].map(({ name }) => name))].sort()
  }

  /** All pages from the first on. */
  async *pages(asked: Asked): AsyncGenerator<Said[]> {
    for (let cursor = asked.cursor; ; ) {
      const { items, next } = await this.page(cursor === undefined ? asked : { ...asked, cursor })
      yield items
      if (next === null) return
      cursor = next
    }
  }

  /** A page that is not too large, and where the one after it begins. */
  async page(asked: Asked): Promise<{ items: Said[]; next: string | null }> {
    const sizes = await this.#found(asked, SIZES)
    const limit = Math.min(asked.limit, howManyFit(sizes))
    const rows = await this.#found({ ...asked, limit }, VALUES)
    const next = rows[limit]
    return { items: await this.#said(rows.slice(0, limit)), next: next ? `${next.at}/${next.sensor}` : null }
  }

  /** What each of the sensors read last within a span, by name. */
  async newestOfEach(asked: Pick<Asked, 'device' | 'sensors'> & { from: number; to: number }): Promise<Said[]> {
    const newest = new Map<string, Found>()
    const all = { ...asked, limit: 0, order: 'newest' as const }
    for (const row of await this.#union(all, VALUES))
      if (row.at >= (newest.get(row.sensor)?.at ?? 0)) newest.set(row.sensor, row)
    return this.#said([...newest.values()].sort((a, b) => (a.sensor < b.sensor ? -1 : 1)))
  }

  /** What of them went for its age in this moment is left out. */
  async #said(rows: Found[]): Promise<Said[]> {
    const elsewhere = rows.filter(({ value_json }) => value_json === null)
    const ids = elsewhere.map(({ device, sensor, at }) => ({ camera: `${device}/${sensor}`, capturedAt: at }))
    const values = await valuesOf(this.#ports.archive, ids)
    const found = new Map(elsewhere.map((row, i) => [row, values[i] ?? null]))
    return rows.flatMap((row) => {
      const { device, sensor, at, value_json: json } = row
      const value: unknown = json === null ? found.get(row) : JSON.parse(json)
      return value === null ? [] : [{ device, sensor, at, value }]
    })
  }

  /** The first `limit` readings and the one after them, in their order. */
  async #found(asked: Asked, columns: Columns): Promise<Found[]> {
    const found = await this.#union(asked, columns)
    return found.sort(asked.order === 'oldest' ? byTime : (a, b) => byTime(b, a)).slice(0, asked.limit + 1)
  }

  /** So many of each sensor, and more of some. */
  async #union(asked: Asked, columns: Columns): Promise<Found[]> {
    const found: Found[] = []
    const setUp = new Set(this.#ports.sources.ofKind('sensor').map(({ id }) => id))
    const isSetUp = (sensor: string) => setUp.has(`${asked.device}/${sensor}`)
    for (let i = 0; i < asked.sensors.length; i += SENSORS) {
      const some = asked.sensors
        .slice(i, i + SENSORS)
        .flatMap((sensor) => this.#ofSensor(asked, sensor, isSetUp(sensor), columns))
      found.push(...(await sql<Found>`${sql.join(some, sql` union all `)}`.execute(this.#ports.database.read)).rows)
    }
    return found
  }

  /**
   * The first readings of one sensor, as they are kept: each has its own place in the key, so that a page costs no look at
   * all that there are.
   */
  #ofSensor(asked: Asked, sensor: string, isSetUp: boolean, columns: Columns): RawBuilder<unknown>[] {
    const { device } = asked
    const { from, to } = spanOf(asked, sensor)
    const since = this.#ports.storedSince()
    const plain = sql`select device, sensor, at, ${columns.plain} from readings
      where device = ${device} and sensor = ${sensor} and at >= ${from} and at < ${to}`
    const setUp = sql`select ${device} as device, ${sensor} as sensor, captured_at as at, ${columns.setUp} from frames f
      where camera = ${`${device}/${sensor}`} and captured_at >= ${from} and captured_at < ${to}
        and (stored_at >= ${since} or stored_at is not null and exists (
          select 1 from labels l where l.camera = f.camera and l.captured_at = f.captured_at and l.state <> 'ignore'))`
    return [plain, ...(isSetUp ? [setUp] : [])].map((rows) => sql`select * from (${first(asked, rows)})`)
  }
}

/** What is asked of both tables, in one order. */
interface Columns {
  plain: RawBuilder<unknown>
  setUp: RawBuilder<unknown>
}

const SIZES: Columns = {
  plain: sql`octet_length(value_json) as bytes, null as value_json`,
  setUp: sql`size as bytes, null as value_json`,
}
const VALUES: Columns = { plain: sql`0 as bytes, value_json`, setUp: sql`size as bytes, null as value_json` }

/** Where a page begins and ends within one sensor. */
function spanOf({ from = 0, to = Number.MAX_SAFE_INTEGER, cursor, order }: Asked, sensor: string) {
  if (cursor === undefined) return { from, to }
  const [time = '', first = ''] = cursor.split('/')
  const at = Number(time)
  if (order === 'newest') return { from, to: Math.min(to, sensor <= first ? at + 1 : at) }
  return { from: Math.max(from, sensor >= first ? at : at + 1), to }
}

function first({ order, limit }: Asked, rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${rows} order by at ${order === 'oldest' ? sql`asc` : sql`desc`} limit ${limit + 1}`
}

function byTime(a: Found, b: Found): number {
  return a.at - b.at || (a.sensor < b.sensor ? -1 : 1)
}
