import { join } from 'node:path'
import server from '../../package.json' with { type: 'json' }
import type { JobRow } from '../database/schema.ts'
import type { JobOptions } from '../jobs/job-rows.ts'
import type { Settings } from '../settings.ts'
import { Backups, type BackupsPorts, KIND } from './backups.ts'

export interface BackupsParts extends Pick<BackupsPorts, 'database' | 'leastFreeBytes' | 'perform' | 'log'> {
  settings: Pick<Settings, 'dataDir' | 'backupDir' | 'backupsKept' | 'backupAt'>
  createJob(kind: string, params: Record<string, unknown>, options: JobOptions): Promise<JobRow>
}

/** Backups as the settings want them: a rehearsal has none of a night. */
export function openBackups({ settings, createJob, ...parts }: BackupsParts): Backups {
  const { dataDir, backupDir, backupsKept: kept, backupAt: at } = settings
  return new Backups({
    ...parts,
    ...{ dataDir, folder: backupDir ?? join(dataDir, 'backups'), kept, release: server.version },
    at,
    createJob: (params, options) => createJob(KIND, params, options),
  })
}
