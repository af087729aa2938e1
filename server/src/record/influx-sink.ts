import { InfluxDB } from 'influx'
import type { StateDatabase } from '../database/state-database.ts'
import type { Point } from './influx-points.ts'

const BATCH = 500
const REQUEST_TIMEOUT_MS = 10_000
const IDLE_MS = 250
const MAX_BACK_OFF_MS = 30_000

/**
 * Sends the outbox to InfluxDB, in order, 500 points a request, and deletes what was taken. The outbox is written in
 * the transaction of the results, so no crash on either side loses a point, and a point sent twice is one point.
 */
export class InfluxSink {
  readonly #database: StateDatabase
  readonly #influx: InfluxDB
  readonly #name: string
  readonly #onTrouble: (why: string | null) => void
  #trouble: string | null = null
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> = Promise.resolve()
  #running = false
  #failures = 0
  #databaseMade = false

  /**
   * @param url `http://[user:password@]host:port/database`
   * @param onTrouble told why points are not taken, and null when they are again
   */
  constructor(database: StateDatabase, url: URL, onTrouble: (why: string | null) => void) {
    this.#database = database
    this.#name = decodeURIComponent(url.pathname.slice(1))
    this.#onTrouble = onTrouble
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
      const sent = await this.#sendBatch()
      this.#failures = 0
      this.#tell(null)
      this.#schedule(sent === BATCH ? 0 : IDLE_MS)
    } catch (error) {
      this.#failures += 1
      this.#tell((error as Error).message)
      const most = Math.min(MAX_BACK_OFF_MS, IDLE_MS * 2 ** this.#failures)
      this.#schedule(most / 2 + (Math.random() * most) / 2)
    }
  }

  async #sendBatch(): Promise<number> {
    const rows = await this.#database.read.selectFrom('influx_outbox').selectAll().orderBy('id').limit(BATCH).execute()
    const last = rows.at(-1)
    if (!last) return 0
    if (!this.#databaseMade) {
      await this.#influx.createDatabase(this.#name)
      this.#databaseMade = true
    }
    const points = rows.map(({ point_json }) => JSON.parse(point_json) as Point)
    await this.#influx.writePoints(
      points.map((point) => ({ ...point, timestamp: new Date(point.timestamp) })),
      { precision: 'ms' },
    )
    await this.#database.write.deleteFrom('influx_outbox').where('id', '<=', last.id).execute()
    return rows.length
  }

  #tell(why: string | null) {
    if (why === this.#trouble) return
    this.#trouble = why
    this.#onTrouble(why)
  }
}
