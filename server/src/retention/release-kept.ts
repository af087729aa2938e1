import type { FrameStore } from '../database/frames/frame-store.ts'
import { isRenaming, notKept } from '../database/kept-frames.ts'
import type { StateDatabase } from '../database/state-database.ts'

const PAGE = 100

/**
 * Looks at some of the kept frames, and removes those whose label was taken back or whose transition is forgotten: else
 * they would stay for ever. Nobody can label one in between, for the look is where nobody else writes state.db.
 * @param afterRow where the look before ended, or 0
 * @returns where the next one begins, or null where all were looked at
 */
export async function releaseKept(
  { database, frames }: { database: StateDatabase; frames: FrameStore },
  afterRow: number,
): Promise<number | null> {
  const page = await frames.kept(afterRow, PAGE)
  if ((await notKept(database.read, page)).length > 0)
    await database.write.transaction().execute(async (transaction) => {
      if (await isRenaming(transaction)) return
      await frames.release(await notKept(transaction, await frames.kept(afterRow, PAGE)))
    })
  return page.length < PAGE ? null : (page.at(-1)?.row ?? null)
}
