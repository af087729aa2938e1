import { pruneNightly } from './backup-folder.ts'
import { giveWay } from './give-way.ts'
import { type BackupOrder, type MadeBackup, makeBackup } from './make-backup.ts'

/** What the job worker is told of a backup. */
export interface BackupTask extends BackupOrder {
  /** Nightly backups that stay. */
  kept: number
}

export interface BackupTold {
  phase: string
  /** 0..1 */
  fraction: number
}

export type BackupResult = MadeBackup & {
  /** Names of nightly ones that went for it. */
  removed: string[]
}

/** Makes a backup as a task of the job worker; nightly ones make the oldest of them go, once the new one is whole. */
export async function backUp(
  { kept, ...order }: BackupTask,
  _inputs: AsyncIterable<never>,
  tell: (told: BackupTold) => Promise<void>,
): Promise<BackupResult> {
  giveWay()
  const made = await makeBackup(order, (phase, fraction) => tell({ phase, fraction }))
  return {
    ...made,
    removed: order.kind === 'nightly' ? await pruneNightly(order.folder, made.name, kept, Date.now()) : [],
  }
}
