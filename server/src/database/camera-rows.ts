import { parseCameraId } from '@ajar/protocol'
import { type Kysely, sql } from 'kysely'
import { emptyHours } from './history-rows.ts'
import type { StateTables } from './schema.ts'

/** Everything that state.db holds of a camera. What points keep that InfluxDB took already stays there. */

type Database = Kysely<StateTables>

/** Tables by the column that names a camera: a renamed camera takes these rows along. */
export const NAMES_OF_CAMERA: readonly [table: keyof StateTables, column: string][] = [
  ['frames', 'camera'],
  ['results', 'camera'],
  ['transitions', 'camera'],
  ['labels', 'camera'],
  ['borrowed_labels', 'camera'],
  ['borrowed_labels', 'source'],
  ['embeddings', 'camera'],
  ['models', 'camera'],
  ['jobs', 'camera'],
  ['camera_aliases', 'camera'],
  ['camera_states', 'camera'],
  ['activations', 'camera'],
  ['schedules', 'camera'],
  ['task_triggers', 'camera'],
  ['task_runs', 'camera'],
  ['result_rollups', 'camera'],
  ['state_hours', 'camera'],
  ['history_progress', 'camera'],
  ['result_cameras', 'camera'],
  ['door_members', 'source'],
]

interface Timed {
  table: keyof StateTables
  time: 'captured_at' | 'at'
  /** Rows of a table that tell of so many milliseconds from their time on. */
  width?: number
}

/** Rows of a camera that have a time, and the column of it. */
const HISTORY: readonly Timed[] = [
  { table: 'frames', time: 'captured_at' },
  { table: 'results', time: 'captured_at' },
  { table: 'result_rollups', time: 'at', width: 60_000 },
  { table: 'result_rollups', time: 'at', width: 3_600_000 },
  { table: 'state_hours', time: 'at' },
  { table: 'transitions', time: 'at' },
  { table: 'labels', time: 'captured_at' },
  { table: 'embeddings', time: 'captured_at' },
]

/** Milliseconds UTC: `from` inclusive, `to` exclusive. */
export interface Span {
  from: number
  to: number
}

export const ALWAYS: Span = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }

/** Whether a camera, or one whose labels it borrowed, is half renamed: its rows do not find each other then. */
export async function isBeingRenamed(database: Database, camera: string): Promise<boolean> {
  const { rows } = await sql`
    with names (name) as (
      select ${camera} union select source from borrowed_labels where camera = ${camera})
    select 1 from camera_renames where from_camera in names or to_camera in names`.execute(database)
  return rows.length > 0
}

/**
 * Removes all rows of a camera that was only set up: another one takes its name. Its old names stay, and so does what is
 * remembered of the name itself.
 */
export async function makeWay(transaction: Database, camera: string): Promise<void> {
  await transaction.deleteFrom('cameras').where('id', '=', camera).execute()
  for (const [table, column] of NAMES_OF_CAMERA)
    if (table !== 'camera_aliases')
      await sql`delete from ${sql.table(table)} where ${sql.ref(column)} = ${camera}`.execute(transaction)
}

/**
 * Gives a camera another name, with all its rows; the old name becomes an alias. What the new name came to since
 * `makeWay` is replaced. To be run in one transaction, which ends the row of `camera_renames` too.
 */
export async function renameRows(transaction: Database, from: string, to: string): Promise<void> {
  const ref = parseCameraId(to)
  if (!ref) throw new Error(`${to} is no camera id`)
  await transaction.deleteFrom('cameras').where('id', '=', to).execute()
  await transaction.deleteFrom('camera_states').where('camera', '=', to).execute()
  await transaction
    .updateTable('cameras')
    .set({ id: to, device: ref.device, name: ref.camera })
    .where('id', '=', from)
    .execute()
  for (const [table, column] of NAMES_OF_CAMERA)
    await sql`update or replace ${sql.table(table)} set ${sql.ref(column)} = ${to} where ${sql.ref(column)} = ${from}`.execute(
      transaction,
    )
  // Not one of those above: a rule about the name that makes way is about the camera which takes it. Alerts stay as they were told.
  await transaction.updateTable('alert_rules').set({ subject: to }).where('subject', '=', from).execute()
  await transaction.deleteFrom('camera_aliases').where('alias', '=', to).execute()
  await transaction.replaceInto('camera_aliases').values({ alias: from, camera: to, since: Date.now() }).execute()
  await transaction.deleteFrom('camera_renames').where('from_camera', '=', from).execute()
}

/**
 * Moves rows of a camera's history to another name, which made way: what `renameRows` would do in one go, and with a
 * million results that is tens of seconds.
 * @param limit rows of each table in one go, so that outcomes of other cameras wait for moments only
 * @returns how many were moved; all is done at 0
 */
export async function moveHistory(database: Database, from: string, to: string, limit: number): Promise<number> {
  let moved = 0
  for (const timed of HISTORY) {
    const slice = await firstOf(database, timed, from, ALWAYS, limit)
    moved += await countOf(
      sql`update or replace ${sql.table(timed.table)} set camera = ${to} where ${rowsIn(timed, from, slice)}`.execute(
        database,
      ),
    )
  }
  return moved
}

/**
 * Removes rows of a camera's history, also where another camera borrowed from it. Hours of states that a purge touches
 * stay, and tell of nothing.
 * @param span `ALWAYS` where nothing may stay
 * @param limit as for `moveHistory`
 * @returns how many were removed; all is done at 0
 */
export async function removeHistory(database: Database, camera: string, span: Span, limit: number): Promise<number> {
  let removed = await countOf(
    sql`delete from borrowed_labels where source = ${camera}
        and captured_at >= ${span.from} and captured_at < ${span.to}`.execute(database),
  )
  // A state may have changed before the span, as a frame of the span confirmed.
  await sql`update transitions set frame_at = null where ${rowsIn({ time: 'frame_at' }, camera, span)}`.execute(
    database,
  )
  for (const timed of HISTORY) {
    if (timed.table === 'state_hours' && span !== ALWAYS) {
      removed += await emptyHours(database, camera, span, limit)
      continue
    }
    const slice = await firstOf(database, timed, camera, span, limit)
    removed += await countOf(
      sql`delete from ${sql.table(timed.table)} where ${rowsIn(timed, camera, slice)}`.execute(database),
    )
  }
  return removed
}

/** The part of a span that holds a camera's first rows, at most `limit`. */
async function firstOf(database: Database, timed: Timed, camera: string, span: Span, limit: number): Promise<Span> {
  const last = await sql<{ at: number }>`
    select ${sql.ref(timed.time)} as at from ${sql.table(timed.table)} where ${rowsIn(timed, camera, span)}
    order by ${sql.ref(timed.time)} limit 1 offset ${limit - 1}`.execute(database)
  return last.rows[0] ? { from: span.from, to: last.rows[0].at + (timed.width ?? 1) } : span
}

/** Of rows that tell of a while those that lie in the span as a whole. */
function rowsIn({ time, width }: { time: string; width?: number }, camera: string, { from, to }: Span) {
  if (width === undefined) return sql`camera = ${camera} and ${sql.ref(time)} >= ${from} and ${sql.ref(time)} < ${to}`
  return sql`camera = ${camera} and width = ${width} and at >= ${from} and at <= ${to - width}`
}

async function countOf(deletion: Promise<{ numAffectedRows?: bigint }>): Promise<number> {
  return Number((await deletion).numAffectedRows ?? 0n)
}
