import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { StateDatabase } from '../../database/state-database.ts'
import type { InTurn } from '../../in-turn.ts'
import { InfluxError } from './connection.ts'
import type { Point } from './points.ts'
import type { Targets } from './targets.ts'
import type { Refused, Writer } from './writer.ts'

const BATCH = 500
const IDLE_MS = 250
/** So often it is asked whether it would take points, where there are none. */
const PROBE_MS = 30_000
const MAX_BACK_OFF_MS = 30_000
/** About two weeks of one frame a second, or four hours of 64 readings a second; some 300 MB of state.db. */
const MOST_WAITING = 1_000_000
/** Points dropped in one go: whoever records waits as long. */
const DROPPED_AT_ONCE = 10_000

export interface InfluxSinkPorts {
  database: StateDatabase
  writer: Pick<Writer, 'write' | 'probe'>
  /** One request is under way at a time, whoever asks. */
  requests: InTurn
  /** `host:port/database` */
  target: string
  targets: Pick<Targets, 'missFrom'>
  /** Told why points are not taken, and null when they are again; they wait in the outbox meanwhile. */
  onTrouble(why: string | null): void
  /** Told which points InfluxDB refused for good: they are dropped. */
  onRefused(refused: Refused): void
  /** Told how many of the oldest points were dropped, because more waited than the outbox may hold. */
  onDropped(points: number): void
  /** For tests: points that the outbox may hold. */
  mostWaiting?: number
}

/**
 * Sends the outbox to InfluxDB, in order, and deletes what was taken. The outbox is written in the transaction of the
 * results, so no crash on either side loses a point, and a point sent twice is one point.
 */
export class InfluxSink {
  readonly #ports: InfluxSinkPorts
  readonly #mostWaiting: number
  readonly #closing = new AbortController()
  #trouble: string | null = null
  #loop: Promise<void> = Promise.resolve()
  #failures = 0
  /** Points a request: fewer where the line is so slow that more do not get through in time. */
  #most = BATCH
  #probeAt = 0
  #isKnown = false

  constructor(ports: InfluxSinkPorts) {
    this.#ports = ports
    this.#mostWaiting = ports.mostWaiting ?? MOST_WAITING
  }

  start() {
    this.#loop = this.#run()
  }

  /** Why points are not taken right now, or null. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Whether it has taken points, or would have, when it was asked last. */
  get isWell(): boolean {
    return this.#isKnown && this.#trouble === null
  }

  /** How many points wait, as their ids tell: what a purge took from their middle counts on until the oldest are sent. */
  async waiting(): Promise<number> {
    const ends = await this.#ends()
    return ends.last - ends.first + 1
  }

  /** What is under way is to be ended by whoever holds the connection. */
  async close() {
    this.#closing.abort()
    await this.#loop
  }

  async #run() {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const pauseMs = await this.#step()
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  /** @returns how long to wait before the next one */
  async #step(): Promise<number> {
    try {
      await this.#dropOldest().catch(() => {}) // a disk that refuses is told by whoever records
      const sent = await this.#ports.requests.run(() => this.#sendBatch())
      if (sent > 0) this.#most = Math.min(2 * this.#most, BATCH)
      this.#failures = 0
      this.#isKnown = true
      this.#tell(null)
      return sent > 0 ? 0 : IDLE_MS
    } catch (error) {
      if (this.#closing.signal.aborted) return 0
      this.#failures += 1
      if (error instanceof InfluxError && error.isLate) this.#most = Math.max(1, Math.floor(this.#most / 4))
      this.#tell((error as Error).message)
      const most = Math.min(MAX_BACK_OFF_MS, IDLE_MS * 2 ** this.#failures)
      const pauseMs = error instanceof InfluxError ? error.pauseMs : 0
      return Math.max(pauseMs, most / 2 + (Math.random() * most) / 2)
    }
  }

  async #sendBatch(): Promise<number> {
    const { database, writer } = this.#ports
    const rows = await database.read.selectFrom('influx_outbox').selectAll().orderBy('id').limit(this.#most).execute()
    const last = rows.at(-1)
    if (!last) {
      await this.#probe()
      return 0
    }
    const points = rows.map(({ point_json }) => pointIn(point_json)).filter((point) => point !== null)
    const refused = await writer.write(points)
    await database.write.deleteFrom('influx_outbox').where('id', '<=', last.id).execute()
    this.#probeAt = performance.now() + PROBE_MS
    refused.points += rows.length - points.length
    if (refused.points + refused.tooOld > 0) this.#ports.onRefused(refused)
    return rows.length
  }

  async #probe() {
    if (performance.now() < this.#probeAt && this.#trouble === null) return
    await this.#ports.writer.probe()
    this.#probeAt = performance.now() + PROBE_MS
  }

  /** Keeps the outbox within its bound while points are not taken, or come faster than they are. */
  async #dropOldest() {
    const { database, target, targets, onDropped } = this.#ports
    const { first, last } = await this.#ends()
    for (let next = first; next <= last - this.#mostWaiting; next += DROPPED_AT_ONCE) {
      const to = Math.min(next + DROPPED_AT_ONCE - 1, last - this.#mostWaiting)
      const dropped = await database.write.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ points: number; oldest: number | null }>`
          select count(*) as points, min(iif(json_valid(point_json), point_json ->> '$.timestamp', null)) as oldest
          from influx_outbox where id <= ${to}`.execute(transaction)
        const { points, oldest } = rows[0] ?? { points: 0, oldest: null }
        if (oldest !== null) await targets.missFrom(transaction, target, oldest)
        await transaction.deleteFrom('influx_outbox').where('id', '<=', to).execute()
        return points
      })
      if (dropped > 0) onDropped(dropped)
    }
  }

  /** Ids of the first and the last row; nothing lies between 1 and 0. */
  async #ends(): Promise<{ first: number; last: number }> {
    // Asked for together, SQLite would read all rows for them.
    const { rows } = await sql<{ first: number | null; last: number | null }>`
      select (select min(id) from influx_outbox) as first, (select max(id) from influx_outbox) as last`.execute(
      this.#ports.database.read,
    )
    const { first, last } = rows[0] ?? { first: null, last: null }
    return first === null || last === null ? { first: 1, last: 0 } : { first, last }
  }

  /** Says it once when points are no longer taken, and once when they are again. */
  #tell(why: string | null) {
    const changed = (why === null) !== (this.#trouble === null)
    this.#trouble = why
    if (changed) this.#ports.onTrouble(why)
  }
}

/** Null where a row does not say one: it holds up no others. */
function pointIn(json: string): Point | null {
  try {
    const { measurement, tags, fields, timestamp } = JSON.parse(json) as Partial<Point>
    return measurement && tags && fields && timestamp !== undefined ? { measurement, tags, fields, timestamp } : null
  } catch {
    return null
  }
}
