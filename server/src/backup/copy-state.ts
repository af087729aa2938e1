import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { FrameId } from '../database/frames/frame-store.ts'
import { isRenaming, keptFrames } from '../database/kept-frames.ts'
import type { StateTables } from '../database/schema.ts'
import { SqliteThreadDialect } from '../database/sqlite-dialect.ts'
import { BackupError } from './backup-error.ts'
import { syncPath } from './durable-files.ts'

export const STATE = 'state.db'
const WAIT_MS = 5000
/** Jobs that are over where a backup is restored: the backup itself, and what a redeployer of the old machine does. */
const OVER = ['backup', 'redeploy']

/** What the copy of state.db says has to be in the backup too. */
export interface NamedByState {
  /** Labelled frames and those of transitions, whether they are still there or not. */
  kept: FrameId[]
  /** Ids, `device/camera@version`. */
  models: string[]
}

/** Bytes of state.db with its journal: a copy takes no more. @throws BackupError `no_data` */
export async function stateBytes(dataDir: string): Promise<number> {
  const [state, wal] = await Promise.all(
    [STATE, `${STATE}-wal`].map((name) => stat(join(dataDir, name)).catch(() => null)),
  )
  if (!state) throw new BackupError('no_data', `${dataDir} holds no ${STATE}: set AJAR_DATA_DIR to the data folder`)
  return state.size + (wal?.size ?? 0)
}

/**
 * Copies state.db as it is at one moment, whoever writes it meanwhile: their journal grows as long. `vacuum into` also
 * walks through all of it, so that a damaged one is found (measured: 700 MB in 1.7 s, which let the journal grow by 3 MB
 * at 100 results/s; copying it by pages took twice as long, and commits of others waited longer).
 */
export async function copyState(dataDir: string, folder: string): Promise<void> {
  const place = join(folder, STATE)
  const source = new DatabaseSync(join(dataDir, STATE), { readOnly: true, timeout: WAIT_MS })
  try {
    source.prepare('vacuum into ?').run(place)
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(place)
  try {
    copy.exec('pragma journal_mode = delete')
    const over = copy.prepare("delete from jobs where kind = ? and state in ('queued', 'running')")
    for (const kind of OVER) over.run(kind)
  } finally {
    copy.close()
  }
  await syncPath(place)
}

/** @throws BackupError `renaming` where a camera is half renamed in it */
export async function readNamed(folder: string): Promise<NamedByState> {
  const path = join(folder, STATE)
  const state = new Kysely<StateTables>({ dialect: new SqliteThreadDialect({ path, readOnly: true }) })
  try {
    if (await isRenaming(state)) throw renamedMeanwhile()
    const models = await state.selectFrom('models').select('id').orderBy('id').execute()
    const kept = await keptFrames(state, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    return { kept, models: models.map(({ id }) => id) }
  } finally {
    await state.destroy()
  }
}

/** @throws BackupError `renaming` where a camera has another name than in the copy: its frames came under that one */
export function refuseRenamed(dataDir: string, folder: string): void {
  const [now, copied] = [join(dataDir, STATE), join(folder, STATE)].map(namesIn)
  if (now !== copied) throw renamedMeanwhile()
}

function namesIn(path: string): string {
  const state = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS })
  try {
    const begun = state.prepare('select from_camera, to_camera from camera_renames order by 1').all()
    const aliases = state.prepare('select alias, camera from camera_aliases order by 1').all()
    return JSON.stringify([begun, aliases])
  } finally {
    state.close()
  }
}

function renamedMeanwhile(): BackupError {
  const message = 'a camera was being renamed while it was backed up: ask again'
  return new BackupError('renaming', message, 'environment')
}
