import { setImmediate as nextTurn } from 'node:timers/promises'
import { ALWAYS, removeHistory, type Span } from '../database/camera-rows.ts'
import type { FrameStore } from '../database/frames/frame-store.ts'
import { spanWent } from '../database/history-rows.ts'
import type { StateDatabase } from '../database/state-database.ts'

export interface RemoveSpanPorts {
  database: StateDatabase
  frames: Pick<FrameStore, 'remove'>
}

const FRAMES_AT_ONCE = 100
const ROWS_AT_ONCE = 2000
/** Of the whole: frames take longer than rows. */
const FRAMES_SHARE = 0.8

/**
 * Removes a span of a camera's history, in slices: whoever else writes waits for moments only.
 * @param onSlice told how far it is, 0..1; what it throws ends it
 * @returns how many frames went
 */
export async function removeSpan(
  { database, frames }: RemoveSpanPorts,
  camera: string,
  span: Span,
  onSlice: (phase: 'frames' | 'rows', progress: number) => void = () => {},
): Promise<number> {
  const total = await countFrames(database, camera, span)
  let all = 0
  for (let removed = 1; removed > 0; all += removed) {
    onSlice('frames', Math.min(all / Math.max(total, 1), 1) * FRAMES_SHARE)
    removed = await frames.remove(camera, span.from, span.to, FRAMES_AT_ONCE)
  }
  for (let removed = 1; removed > 0; await nextTurn()) {
    onSlice('rows', FRAMES_SHARE)
    removed = await removeHistory(database.write, camera, span, ROWS_AT_ONCE)
  }
  if (span !== ALWAYS) await database.write.transaction().execute((transaction) => spanWent(transaction, camera, span))
  return all
}

async function countFrames({ read }: StateDatabase, camera: string, { from, to }: Span): Promise<number> {
  const { total } = await read
    .selectFrom('frames')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('camera', '=', camera)
    .where('captured_at', '>=', from)
    .where('captured_at', '<', to)
    .executeTakeFirstOrThrow()
  return total
}
