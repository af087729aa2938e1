import type { Kysely } from 'kysely'
import type { DroppedFile, FrameId, FrameStore, FramesFileState, StoredFrame } from '../database/frames/frame-store.ts'
import { isRenaming, keptFrames } from '../database/kept-frames.ts'
import type { StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'

export interface ClearFilePorts {
  database: StateDatabase
  frames: FrameStore
  /** Ends frames that wait for the pipeline as skipped; durable when it resolves. */
  skip(frames: StoredFrame[]): Promise<void>
  /** Whether the camera's frames are on their way out anyhow: nobody asks what became of them. */
  isBeingDeleted(camera: string): boolean
}

/** Frames that wait for the pipeline, at a time. */
const PAGE = 500
/** Each repeats what came in during the one before, which is less and less. */
const MOST_ROUNDS = 10

/**
 * Lets a file of frames go. Those that outlive it are copied before, and those that wait for the pipeline are skipped.
 * Whatever is labelled meanwhile is kept too: the last look and the drop happen where nobody else writes state.db.
 * Killed at any moment, it may be done again.
 * @returns what went, or null where the file has to stay for now
 */
export async function clearFile(file: FramesFileState, ports: ClearFilePorts): Promise<DroppedFile | null> {
  const { database, frames } = ports
  const done = new Set<string>()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (await isRenaming(database.read)) return null // nor is anything ended under a name that is on its way out
    await skipPending(file, ports)
    const kept = await keptOf(database.read, file, done)
    await frames.keep(file.name, kept)
    for (const frame of kept) done.add(keyOf(frame))
    const dropped = await database.write.transaction().execute(async (transaction) => {
      if (await isRenaming(transaction)) return { file: null }
      if ((await keptOf(transaction, file, done)).length > 0 || (await hasUnended(transaction, file, ports)))
        return null
      return { file: await frames.drop(file.name) }
    })
    if (dropped) {
      await frames.clearGone()
      return dropped.file
    }
  }
  throw new Error(`frames of ${file.name} cannot be ended`)
}

async function keptOf(database: Kysely<StateTables>, file: FramesFileState, done: Set<string>): Promise<FrameId[]> {
  if (file.oldestAt === null || file.newestAt === null) return []
  const kept = await keptFrames(database, file.oldestAt, file.newestAt)
  return kept.filter((frame) => !done.has(keyOf(frame)))
}

async function skipPending(file: FramesFileState, ports: ClearFilePorts) {
  for await (const page of pendingIn(file, ports)) await ports.skip(page)
}

/** Whether a frame waits for the pipeline whose end is not recorded: one recorded may not be marked as finished yet. */
async function hasUnended(
  database: Kysely<StateTables>,
  file: FramesFileState,
  ports: ClearFilePorts,
): Promise<boolean> {
  for await (const page of pendingIn(file, ports)) {
    const ended = await database
      .selectFrom('frames')
      .select(['camera', 'captured_at'])
      .where('stored_at', 'is not', null)
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('camera', 'captured_at'),
          'in',
          page.map(({ camera, capturedAt }) => tuple(camera, capturedAt)),
        ),
      )
      .execute()
    if (ended.length < page.length) return true
  }
  return false
}

async function* pendingIn(
  { name }: FramesFileState,
  { frames, isBeingDeleted }: ClearFilePorts,
): AsyncGenerator<StoredFrame[]> {
  for (let row = 0; ; ) {
    const page = await frames.pendingIn(name, row, PAGE)
    const waiting = page.filter(({ camera }) => !isBeingDeleted(camera))
    if (waiting.length > 0) yield waiting
    if (page.length < PAGE) return
    row = page.at(-1)?.row ?? row
  }
}

function keyOf({ camera, capturedAt }: FrameId): string {
  return `${camera}/${capturedAt}`
}
