import { type Closers, closedLater } from '../closers.ts'
import type { Log } from '../logging/levels.ts'
import { Archive } from './frames/archive.ts'
import { FrameStore } from './frames/frame-store.ts'
import { openStateDatabase } from './state-database.ts'

export interface DatabasesParts {
  dataDir: string
  framesFolder: string
  /** How large a file of frames grows. */
  fileBytes: number
  log: Pick<Log, 'info' | 'error'>
}

/** All that is kept in the data folder, each with a thread of its own; they open side by side. */
export async function openDatabases({ dataDir, framesFolder, fileBytes, log }: DatabasesParts, closers: Closers) {
  const onHeld = (why: string | null) =>
    why ? log.error({ why }, 'the disk takes no frames; they wait') : log.info('the disk takes frames again')
  const [database, frames, archive] = await Promise.all([
    closedLater(closers, openStateDatabase(dataDir)),
    closedLater(closers, FrameStore.open(framesFolder, onHeld, fileBytes)),
    closedLater(closers, Archive.open(framesFolder)),
  ])
  return { database, frames, archive }
}
