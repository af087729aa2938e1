import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { InfluxTargetRow } from '../../database/schema-influx.ts'
import type { StateDatabase } from '../../database/state-database.ts'

/** Everything that was ever recorded. */
export const ALL = 0

const CHANGED = { gaps: sql<number>`gaps + 1` }
const MISSES_ALL = { ...CHANGED, missing_from: ALL, rollups_missing: 1 } as const

/** What each InfluxDB that results ever went to does not have. */
export class Targets {
  readonly #database: StateDatabase
  readonly #now: () => number

  constructor(database: StateDatabase, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /**
   * Told at each start where points go from now on: all other targets miss what is recorded.
   * @param target null: nowhere
   */
  async goTo(target: string | null) {
    const known = await this.#database.read.selectFrom('influx_targets').select('target').execute()
    if (known.every((row) => row.target === target) && (target === null || known.length > 0)) return
    await this.#database.write.transaction().execute(async (transaction) => {
      await transaction.updateTable('influx_targets').set(MISSES_ALL).where('target', 'is not', target).execute()
      if (target === null) return
      const isNew = {
        target,
        since: this.#now(),
        missing_from: ALL,
        gaps: 0,
        rollups_missing: 1,
        backfill_json: null,
      } as const
      await transaction
        .insertInto('influx_targets')
        .values(isNew)
        .onConflict((clash) => clash.doNothing())
        .execute()
    })
  }

  row(target: string): Promise<InfluxTargetRow | undefined> {
    return this.#database.read.selectFrom('influx_targets').selectAll().where('target', '=', target).executeTakeFirst()
  }

  /** Nothing that was written before is there any more. Where nothing was, that is no news. */
  async lostAll(target: string) {
    await this.#database.write
      .updateTable('influx_targets')
      .set(MISSES_ALL)
      .where('target', '=', target)
      .where(sql<boolean>`not (missing_from is ${ALL} and rollups_missing = 1 and backfill_json is null)`)
      .execute()
  }

  /** Points of this time or later never reach it, for all that the outbox knows. To be run where they are removed. */
  async missFrom(transaction: Kysely<StateTables>, target: string, from: number) {
    await transaction
      .updateTable('influx_targets')
      .set({ ...CHANGED, missing_from: sql<number>`min(coalesce(missing_from, ${from}), ${from})` })
      .where('target', '=', target)
      .execute()
  }

  /** How far the backfill has come. */
  async keepPosition(target: string, position: object) {
    await this.#database.write
      .updateTable('influx_targets')
      .set({ backfill_json: JSON.stringify(position) })
      .where('target', '=', target)
      .execute()
  }

  /**
   * A backfill that began then, and at `gaps`, is done. The rows of a camera that got another name meanwhile may have moved
   * from before it to behind it.
   * @returns whether nothing may be missing
   */
  async filled(target: string, gaps: number, startedAt: number): Promise<boolean> {
    return this.#database.write.transaction().execute(async (transaction) => {
      const isRenamed = await transaction
        .selectFrom('camera_aliases')
        .select('alias')
        .where('since', '>=', startedAt)
        .limit(1)
        .executeTakeFirst()
      const done = isRenamed ? { backfill_json: null } : { backfill_json: null, missing_from: null }
      const { numUpdatedRows } = await transaction
        .updateTable('influx_targets')
        .set(done)
        .where('target', '=', target)
        .where('gaps', '=', gaps)
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n && !isRenamed
    })
  }

  /** No rollup that was written before is there any more; the points are. */
  async lostRollups(target: string) {
    await this.#database.write
      .updateTable('influx_targets')
      .set({ rollups_missing: 1 })
      .where('target', '=', target)
      .execute()
  }

  /** All rollups are marked as not sent. */
  async rollupsMarked(target: string, gaps: number) {
    await this.#database.write
      .updateTable('influx_targets')
      .set({ rollups_missing: 0 })
      .where('target', '=', target)
      .where('gaps', '=', gaps)
      .execute()
  }
}
