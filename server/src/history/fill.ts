import { isBeingRenamed } from '../database/camera-rows.ts'
import { beginOfHour, HOUR, rollUpAgain } from '../database/history-rows.ts'
import type { StateDatabase } from '../database/state-database.ts'

/** Results in one transaction: the recording of others waits as long. */
const SLICE = 5000

/**
 * Rolls up a slice of the results of a camera that were there before rollups were: whole hours, the newest first.
 * Killed in between, it is done again and comes to the same.
 * @returns whether there is more
 */
export async function fillSlice({ read, write }: StateDatabase, camera: string): Promise<boolean> {
  const progress = await read
    .selectFrom('history_progress')
    .select(['unfilled_from', 'unfilled_to'])
    .where('camera', '=', camera)
    .executeTakeFirst()
  const { unfilled_from: first = null, unfilled_to: to = null } = progress ?? {}
  if (first === null || to === null) return false
  const oldest = await read
    .selectFrom('results')
    .select('captured_at')
    .where('camera', '=', camera)
    .where('captured_at', '<', to)
    .orderBy('captured_at', 'desc')
    .offset(SLICE)
    .limit(1)
    .executeTakeFirst()
  // One hour at least, however many results it has.
  const from = Math.min(beginOfHour(oldest?.captured_at ?? first), beginOfHour(to - HOUR))
  const isLast = oldest === undefined || from <= first
  return write.transaction().execute(async (transaction) => {
    const camerasRow = transaction.selectFrom('cameras').select('id').where('id', '=', camera)
    if (!(await camerasRow.executeTakeFirst()) || (await isBeingRenamed(transaction, camera))) return false
    await rollUpAgain(transaction, camera, { from: isLast ? first : from, to })
    await transaction
      .updateTable('history_progress')
      .set(isLast ? { unfilled_from: null, unfilled_to: null } : { unfilled_to: from })
      .where('camera', '=', camera)
      .execute()
    return !isLast
  })
}
