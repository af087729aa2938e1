import { sql } from 'kysely'
import type { StateDatabase } from '../../database/state-database.ts'
import type { InTurn } from '../../in-turn.ts'
import { type InfluxConnection, InfluxError } from './connection.ts'
import type { Point } from './points.ts'
import { type Policies, ROLLUPS } from './policies.ts'
import { rollupPoint, stateHourPoint } from './rollup-points.ts'
import type { Targets } from './targets.ts'
import type { Refused, Writer } from './writer.ts'

const HOUR_MS = 3_600_000
const PAGE = 500
/** Hours marked in one go. */
const HOURS_AT_ONCE = 2000

export interface RollupsPorts {
  database: StateDatabase
  connection: Pick<InfluxConnection, 'database' | 'hasBuckets' | 'target'>
  writer: Pick<Writer, 'write'>
  policies: Pick<Policies, 'makeRollups'>
  targets: Pick<Targets, 'row' | 'lostRollups' | 'rollupsMarked'>
  requests: InTurn
  onRefused(refused: Refused): void
  /** Milliseconds UTC. */
  now(): number
}

/**
 * Sends what was told of each full hour, and again whenever it is told otherwise. The tables themselves are the outbox. It
 * is done here since InfluxDB's continuous queries never look back at an hour for points that come late, and since 2.x has
 * none.
 */
export class Rollups {
  readonly #ports: RollupsPorts

  constructor(ports: RollupsPorts) {
    this.#ports = ports
  }

  /** Sends a page of each table. @returns whether there is more. @throws Error that says what to do */
  async send(): Promise<boolean> {
    await this.#markAll()
    const results = await this.#sendPage('result_rollups')
    const hours = await this.#sendPage('state_hours')
    return results || hours
  }

  async #sendPage(table: keyof typeof TABLES): Promise<boolean> {
    const { database, requests, now } = this.#ports
    const { points, pick } = TABLES[table]
    return requests.run(async () => {
      const closed = now() - HOUR_MS
      const { rows } = await sql<Row>`
        select * from ${sql.table(table)} where ${pick} and sent = 0 and at <= ${closed}
        order by at limit ${PAGE}`.execute(database.read)
      if (rows.length === 0) return false
      await this.#write(rows.map(points))
      await markSent(database, table, rows)
      return rows.length === PAGE
    })
  }

  async #write(points: Point[]) {
    const { writer, policies, targets, connection, onRefused } = this.#ports
    const send = async () => {
      const refused = await writer.write(points, ROLLUPS)
      if (refused.points + refused.tooOld > 0) onRefused(refused)
    }
    try {
      await send()
    } catch (error) {
      const { hasBuckets } = connection
      if (hasBuckets || !(error instanceof InfluxError) || !/^retention policy not found/.test(error.said ?? ''))
        throw error
      // Perhaps there was one, and those that it had are gone with it.
      await targets.lostRollups(connection.target)
      await policies.makeRollups()
      await send()
    }
  }

  /** Where rollups that were sent may be missing, they all are to be sent again. */
  async #markAll() {
    const { database, targets, connection } = this.#ports
    const row = await targets.row(connection.target)
    if (!row?.rollups_missing) return
    for (const table of ['result_rollups', 'state_hours'] as const)
      for (const camera of await camerasOf(database, table)) await markUnsent(database, table, camera)
    await targets.rollupsMarked(connection.target, row.gaps)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows of either table, which the table's own functions know
type Row = any

/** Which rows are sent, what becomes of them, and by which columns one is as it was read. */
const TABLES = {
  result_rollups: {
    pick: sql<boolean>`width = ${sql.lit(HOUR_MS)}`,
    points: (row: Row) => rollupPoint(row),
    key: ['camera', 'width', 'at', 'state'],
    content: ['results', 'confident', 'confidence_sum', 'confidence_min', 'confidence_max', 'latency_sum'],
  },
  state_hours: {
    pick: sql<boolean>`true`,
    points: (row: Row) => stateHourPoint(row),
    key: ['camera', 'at', 'state'],
    content: ['ms', 'entered'],
  },
} as const

/** Only where a row is still as it was read: what changed meanwhile is sent again. */
async function markSent(database: StateDatabase, table: keyof typeof TABLES, rows: Row[]) {
  const { key, content } = TABLES[table]
  const columns = [...key, ...content]
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`)
  const isSame = columns.map((column, i) => sql`${sql.ref(`${table}.${column}`)} is ${sql.ref(`v.column${i + 1}`)}`)
  await sql`
    update ${sql.table(table)} set sent = 1
    from (values ${sql.join(values)}) as v where ${sql.join(isSame, sql` and `)}`.execute(database.write)
}

/** Each camera of a table, found without reading its rows. */
async function camerasOf(database: StateDatabase, table: keyof typeof TABLES): Promise<string[]> {
  const { rows } = await sql<{ camera: string }>`
    with recursive cameras (camera) as (
      select min(camera) from ${sql.table(table)}
      union all
      select (select min(camera) from ${sql.table(table)} as t where t.camera > cameras.camera)
      from cameras where camera is not null)
    select camera from cameras where camera is not null`.execute(database.read)
  return rows.map(({ camera }) => camera)
}

async function markUnsent(database: StateDatabase, table: keyof typeof TABLES, camera: string) {
  const of = sql`camera = ${camera} and ${TABLES[table].pick}`
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    select (select min(at) from ${sql.table(table)} where ${of}) as first,
      (select max(at) from ${sql.table(table)} where ${of}) as last`.execute(database.read)
  const { first, last } = rows[0] ?? { first: null, last: null }
  if (first === null || last === null) return
  const step = HOURS_AT_ONCE * HOUR_MS
  for (let from = first; from <= last; from += step)
    await sql`
      update ${sql.table(table)} set sent = 0
      where ${of} and at >= ${from} and at < ${from + step} and sent = 1`.execute(database.write)
}
