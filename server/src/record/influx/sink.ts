import { InfluxDB } from 'influx'
import type { StateDatabase } from '../../database/state-database.ts'
import { withDeadline } from '../../deadline.ts'
import type { Point } from './points.ts'

const BATCH = 500
const REQUEST_TIMEOUT_MS = 10_000
/** The client waits for ever for an answer that breaks off in its middle. */
const STEP_TIMEOUT_MS = 30_000
const IDLE_MS = 250
const MAX_BACK_OFF_MS = 30_000
/** About two weeks of one frame a second, or four hours of 64 readings a second; some 300 MB of state.db. */
const MOST_WAITING = 1_000_000

export interface InfluxSinkPorts {
  /** Told why points are not taken, and null when they are again; they wait in the outbox meanwhile. */
  onTrouble(why: string | null): void
  /** Told why InfluxDB refused some points for good: they are dropped. */
  onRefused(why: string): void
  /** Told how many of the oldest points were dropped, because more waited than the outbox may hold. */
  onDropped(points: number): void
}

/**
 * Sends the outbox to InfluxDB, in order, 500 points a request, and deletes what was taken. The outbox is written in
 * the transaction of the results, so no crash on either side loses a point, and a point sent twice is one point.
 */
export class InfluxSink {
  readonly #database: StateDatabase
  readonly #influx: InfluxDB
  readonly #name: string
  readonly #ports: InfluxSinkPorts
  readonly #mostWaiting: number
  #trouble: string | null = null
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> = Promise.resolve()
  #running = false
  #failures = 0

  /**
   * @param url `http://[user:password@]host:port/database`
   * @param mostWaiting points that the outbox may hold
   */
  constructor(database: StateDatabase, url: URL, ports: InfluxSinkPorts, mostWaiting = MOST_WAITING) {
    this.#database = database
    this.#name = decodeURIComponent(url.pathname.slice(1))
    this.#ports = ports
    this.#mostWaiting = mostWaiting
    this.#influx = new InfluxDB({
      database: this.#name,
      hosts: [
        {
          protocol: url.protocol === 'https:' ? 'https' : 'http',
          host: url.hostname,
          port: Number(url.port || 8086),
          options: { timeout: REQUEST_TIMEOUT_MS },
        },
      ],
      ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
      ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
      pool: { requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: 0 },
    })
  }

  start() {
    this.#running = true
    this.#schedule(0)
  }

  /** Why points are not taken right now, or null. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** How many points wait, as their ids tell: what a purge took from their middle counts on until the oldest are sent. */
  async waiting(): Promise<number> {
    const ends = await this.#database.read
      .selectFrom('influx_outbox')
      .select(({ fn }) => [fn.min('id').as('first'), fn.max('id').as('last')])
      .executeTakeFirst()
    return ends?.last ? ends.last - ends.first + 1 : 0
  }

  async close() {
    this.#running = false
    if (this.#timer) clearTimeout(this.#timer)
    await this.#sending
  }

  #schedule(delayMs: number) {
    if (!this.#running) return
    this.#timer = setTimeout(() => {
      this.#sending = this.#step()
    }, delayMs)
  }

  async #step() {
    try {
      const sent = await withDeadline(this.#sendBatch(), STEP_TIMEOUT_MS, noAnswer)
      this.#failures = 0
      this.#tell(null)
      this.#schedule(sent === BATCH ? 0 : IDLE_MS)
    } catch (error) {
      this.#failures += 1
      this.#tell((error as Error).message)
      await this.#dropOldest().catch(() => {}) // a disk that refuses is told by whoever records
      const most = Math.min(MAX_BACK_OFF_MS, IDLE_MS * 2 ** this.#failures)
      this.#schedule(most / 2 + (Math.random() * most) / 2)
    }
  }

  async #sendBatch(): Promise<number> {
    const rows = await this.#database.read.selectFrom('influx_outbox').selectAll().orderBy('id').limit(BATCH).execute()
    const last = rows.at(-1)
    if (!last) return 0
    await this.#write(rows.map(({ point_json }) => JSON.parse(point_json) as Point))
    await this.#database.write.deleteFrom('influx_outbox').where('id', '<=', last.id).execute()
    return rows.length
  }

  /** Keeps the outbox within its bound while nobody takes the points. */
  async #dropOldest() {
    const newest = await this.#database.read
      .selectFrom('influx_outbox')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    const { numDeletedRows } = await this.#database.write
      .deleteFrom('influx_outbox')
      .where('id', '<=', (newest?.id ?? 0) - this.#mostWaiting)
      .executeTakeFirstOrThrow()
    if (numDeletedRows > 0n) this.#ports.onDropped(Number(numDeletedRows))
  }

  async #write(points: Point[]) {
    const stamped = points.map((point) => ({ ...point, timestamp: new Date(point.timestamp) }))
    const send = () => this.#influx.writePoints(stamped, { precision: 'ms' })
    try {
      await send()
    } catch (error) {
      const status = statusOf(error)
      if (status === 404) {
        // The database is missing. It is not made beforehand: whoever may write into it may not be allowed to make it.
        await this.#influx.createDatabase(this.#name)
        await send()
      } else if (status === 400) {
        // It took the other points, and never takes these (too old for its retention, a field of another type).
        this.#ports.onRefused((error as Error).message)
      } else throw error
    }
  }

  /** Says it once when points are no longer taken, and once when they are again. */
  #tell(why: string | null) {
    const changed = (why === null) !== (this.#trouble === null)
    this.#trouble = why
    if (changed) this.#ports.onTrouble(why)
  }
}

/** The status of an answer that the client made an error of, or null where there was no answer. */
function statusOf(error: unknown): number | null {
  return (error as { res?: { statusCode?: number } }).res?.statusCode ?? null
}

function noAnswer(): Error {
  return new Error(`InfluxDB did not answer within ${STEP_TIMEOUT_MS} ms`)
}
