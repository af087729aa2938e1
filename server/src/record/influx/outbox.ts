import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { Point } from './points.ts'

/** SQLite takes 32,766 values in a statement. */
const ROWS_AT_ONCE = 10_000

/** Puts points into the outbox of the InfluxDB sink, one in a row, inside the transaction of what they tell. */
export async function addPoints(transaction: Kysely<StateTables>, points: Point[]): Promise<void> {
  for (let from = 0; from < points.length; from += ROWS_AT_ONCE) {
    const rows = points.slice(from, from + ROWS_AT_ONCE).map((point) => ({ point_json: JSON.stringify(point) }))
    await transaction.insertInto('influx_outbox').values(rows).execute()
  }
}
