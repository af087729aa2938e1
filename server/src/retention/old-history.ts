import { sql } from 'kysely'
import { endOfHour, HOUR, keepHoursBefore } from '../database/history-rows.ts'
import type { StateDatabase } from '../database/state-database.ts'

/** Rows in one transaction: the recording of results waits as long. */
const SLICE = 2000

/**
 * Lets a slice of a camera's minutes go whose results went. Hours stay.
 * @returns how many rows went; all is done at 0
 */
export async function pruneMinutes({ read, write }: StateDatabase, camera: string): Promise<number> {
  const progress = await read
    .selectFrom('history_progress')
    .select('results_from')
    .where('camera', '=', camera)
    .executeTakeFirst()
  // A minute that the time cuts has results that are still there.
  const before = (progress?.results_from ?? 0) - 60_000 + 1
  const { numAffectedRows = 0n } = await sql`delete from result_rollups where (camera, width, at, state) in (
    select camera, width, at, state from result_rollups
    where camera = ${camera} and width = 60000 and at < ${before} limit ${SLICE})`.execute(write)
  return Number(numAffectedRows)
}

/** Lets a slice of a camera's hours go that began before an instant. @returns as `pruneMinutes` */
export async function pruneHours({ write }: StateDatabase, camera: string, before: number): Promise<number> {
  const rollups = await sql`delete from result_rollups where (camera, width, at, state) in (
    select camera, width, at, state from result_rollups
    where camera = ${camera} and width = ${HOUR} and at < ${before} limit ${SLICE})`.execute(write)
  const states = await write.transaction().execute(async (transaction) => {
    const { numAffectedRows = 0n } = await sql`delete from state_hours where (camera, at, state) in (
      select camera, at, state from state_hours where camera = ${camera} and at < ${before} limit ${SLICE})`.execute(
      transaction,
    )
    if (numAffectedRows > 0n) await keepHoursBefore(transaction, camera, endOfHour(before))
    return numAffectedRows
  })
  return Number((rollups.numAffectedRows ?? 0n) + states)
}
