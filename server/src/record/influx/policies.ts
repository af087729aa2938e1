import type { InfluxConnection, Row } from './connection.ts'
import { quoted } from './writer.ts'

const DAY_MS = 86_400_000
const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000 }
export const ROLLUPS = 'rollups'

/** How long InfluxDB 1.x keeps points, and where rollups stay; InfluxDB 2.x has buckets, which are not ours to make. */
export class Policies {
  readonly #connection: Pick<InfluxConnection, 'database' | 'hasBuckets' | 'knowVersion' | 'run'>
  readonly #retainMs: number | null
  #keptMs: number | null = null

  /** @param retainMs how long points are to be kept; null: as the database says */
  constructor(
    connection: Pick<InfluxConnection, 'database' | 'hasBuckets' | 'knowVersion' | 'run'>,
    retainMs: number | null,
  ) {
    this.#connection = connection
    this.#retainMs = retainMs
  }

  /** For how long the database keeps points; null: for ever, or nobody tells us. */
  get keptMs(): number | null {
    return this.#keptMs
  }

  /** Has points kept for as long as is wished. @throws Error that says which statement does it */
  async apply() {
    await this.#connection.knowVersion()
    const days = this.#retainMs === null ? null : Math.round(this.#retainMs / DAY_MS)
    if (this.#connection.hasBuckets) {
      this.#keptMs = null
      if (days === null) return
      throw new Error(
        'AJAR_INFLUX_RETAIN_DAYS does nothing with InfluxDB 2: set the retention of its bucket, and unset it here',
      )
    }
    const found = await this.#default().catch((error: Error) => error)
    if (found instanceof Error) {
      this.#keptMs = null
      if (days === null) return // whoever may only write need not see it
      throw new Error(advice(alteration(this.#connection.database, { name: 'autogen', shardMs: 0 }, days), found))
    }
    this.#keptMs = found.keptMs
    if (days === null || found.keptMs === days * DAY_MS) return
    const statement = alteration(this.#connection.database, found, days)
    await this.#connection.run(statement).catch((error: Error) => {
      throw new Error(advice(statement, error))
    })
    this.#keptMs = days * DAY_MS
  }

  /** Makes the policy of rollups. @throws Error that says which statement does it */
  async makeRollups() {
    const { database } = this.#connection
    // Few points an hour: shards of the usual week would be hundreds in a few years.
    const statement = `CREATE RETENTION POLICY "${ROLLUPS}" ON ${quoted(database)} DURATION INF REPLICATION 1 SHARD DURATION 52w`
    await this.#connection.run(statement).catch((error: Error) => {
      throw new Error(`hourly rollups do not reach InfluxDB: ${advice(statement, error)}`)
    })
  }

  async #default(): Promise<{ name: string; keptMs: number | null; shardMs: number }> {
    const rows = await this.#connection.run(`SHOW RETENTION POLICIES ON ${quoted(this.#connection.database)}`)
    const row = rows.find((one) => one.default === true)
    if (!row) throw new Error('it tells of no default policy')
    return {
      name: String(row.name),
      keptMs: durationIn(row, 'duration') || null,
      shardMs: durationIn(row, 'shardGroupDuration'),
    }
  }
}

/** A duration may not be shorter than its shards are. */
function alteration(database: string, { name, shardMs }: { name: string; shardMs: number }, days: number): string {
  const shards = shardMs > days * DAY_MS ? ' SHARD DURATION 1d' : ''
  return `ALTER RETENTION POLICY ${quoted(name)} ON ${quoted(database)} DURATION ${days}d${shards}`
}

function advice(statement: string, { message }: Error): string {
  return `an administrator of InfluxDB may run ${statement}, which it does not do for us (${message})`
}

/** `168h0m0s`; `0s` is for ever. */
function durationIn(row: Row, column: string): number {
  const parts = String(row[column] ?? '').matchAll(/(\d+)([hms])/g)
  return [...parts].reduce((total, [, number, unit = '']) => total + Number(number) * (UNITS[unit] ?? 0), 0)
}
