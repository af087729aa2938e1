import { sql } from 'kysely'
import type { StateDatabase } from '../../database/state-database.ts'
import { MARKS } from '../../marks.ts'

/** Labels that a camera took over from another one: a snapshot, which does not change with them. */
export class BorrowedLabels {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /**
   * Takes over the source's own labels as they are now, without marks, in place of an earlier snapshot of them.
   * @returns how many these are
   */
  async borrow(camera: string, source: string, author: string): Promise<number> {
    return this.#database.write.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom('borrowed_labels')
        .where('camera', '=', camera)
        .where('source', '=', source)
        .execute()
      const { numAffectedRows } = await sql`
        insert into borrowed_labels (camera, source, captured_at, state, author, borrowed_at)
        select ${camera}, camera, captured_at, state, ${author}, ${Date.now()}
        from labels where camera = ${source} and state not in (${sql.join([...MARKS])})`.execute(transaction)
      return Number(numAffectedRows ?? 0n)
    })
  }

  /**
   * Gives back what was borrowed.
   * @param source only what is of this camera
   * @returns how many labels these were
   */
  async giveBack(camera: string, source?: string): Promise<number> {
    let deletion = this.#database.write.deleteFrom('borrowed_labels').where('camera', '=', camera)
    if (source !== undefined) deletion = deletion.where('source', '=', source)
    const { numDeletedRows } = await deletion.executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  /** How many labels each camera borrowed of each other one. */
  async counts(): Promise<{ camera: string; source: string; labels: number }[]> {
    return this.#database.read
      .selectFrom('borrowed_labels')
      .select(({ fn }) => ['camera', 'source', fn.countAll<number>().as('labels')])
      .groupBy(['camera', 'source'])
      .orderBy('source')
      .execute()
  }
}
