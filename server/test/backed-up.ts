import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type BackupOrder, type MadeBackup, makeBackup } from '../src/backup/make-backup.ts'
import { restore } from '../src/backup/restore.ts'

/** Makes a backup of a data folder into another one, without rests. */
export function backUp(dataDir: string, folder: string, more: Partial<BackupOrder> = {}): Promise<MadeBackup> {
  const order: BackupOrder = {
    ...{ dataDir, folder, kind: 'asked', allFrames: false, leastFreeBytes: 0, release: '1.2.3', rests: false },
    ...more,
  }
  return makeBackup(order, async () => {})
}

/** Restores into a folder that is made. */
export async function restoreTo(dataDir: string, backup: string) {
  return restore({ backup, dataDir, owner: null, leastFreeBytes: 0 }, () => {})
}

/** Digest of the bytes of every stored frame by its id, all files together, past the server's own code. */
export function framesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.db'))) {
    const file = new DatabaseSync(join(folder, name), { readOnly: true })
    const sql = `select coalesce(n.camera, f.camera) || '/' || f.captured_at as id, f.jpeg
                 from frames f left join names n on n.stored = f.camera`
    for (const { id, jpeg } of file.prepare(sql).all() as { id: string; jpeg: Uint8Array }[])
      found[id] = createHash('sha256').update(jpeg).digest('hex')
    file.close()
  }
  return found
}

/** Ids of frames that wait for the pipeline. */
export function pendingIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((one) => one.endsWith('.db'))
    .flatMap((name) => {
      const file = new DatabaseSync(join(folder, name), { readOnly: true })
      const rows = file.prepare("select camera || '/' || captured_at as id from pending").all() as { id: string }[]
      file.close()
      return rows.map(({ id }) => id)
    })
    .sort()
}

/** All rows of a table. */
export function rowsOf(dataDir: string, table: string): object[] {
  const state = new DatabaseSync(join(dataDir, 'state.db'), { readOnly: true })
  const rows = state.prepare(`select * from ${table}`).all()
  state.close()
  return rows.map((row) => ({ ...row }))
}
