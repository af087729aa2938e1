import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { JobOptions } from '../jobs/job-rows.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import { type BackupSummary, isBackupName, listBackups, removeBackup, summaryOf } from './backup-folder.ts'
import type { BackupResult, BackupTask, BackupTold } from './backup-task.ts'
import { counted } from './counted.ts'
import { MANIFEST } from './manifest.ts'
import { megabytes } from './megabytes.ts'
import { Nightly } from './nightly.ts'

export interface BackupsPorts {
  database: StateDatabase
  dataDir: string
  /** Where backups go. */
  folder: string
  /** Nightly backups that stay. */
  kept: number
  /** Minutes after midnight when one is made; null: none is. */
  at: number | null
  /** What stays free on the disk. */
  leastFreeBytes: number
  /** Version of the server. */
  release: string
  createJob(params: Record<string, unknown>, options: JobOptions): Promise<JobRow>
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  log: Pick<Log, 'warn'>
}

export const KIND = 'backup'
const TIME_LIMIT_MS = 12 * 3_600_000

/** Backups as the server has them made, shows and removes them. */
export class Backups {
  readonly kind = KIND
  readonly folder: string
  readonly nightly: Nightly
  readonly #ports: BackupsPorts
  /** Who asks sees the job that another one asked for, and who removes one what another one removed. */
  readonly #turn = new InTurn(1)
  /** A manifest never changes: it is read once. */
  readonly #known = new Map<string, { changedMs: number; summary: BackupSummary }>()

  constructor(ports: BackupsPorts) {
    this.#ports = ports
    this.folder = ports.folder
    this.nightly = new Nightly({ ...ports, list: () => this.list(), now: () => Date.now() })
  }

  /** Every backup, the newest first. */
  async list(): Promise<BackupSummary[]> {
    return listBackups(this.folder, (folder, name) => this.#summaryOf(folder, name))
  }

  /** @throws HttpError 409 `backup_running` */
  ask(allFrames: boolean, owner: string): Promise<JobRow> {
    return this.#turn.run(async () => {
      const { database, createJob } = this.#ports
      const running = await database.write
        .selectFrom('jobs')
        .select('id')
        .where('kind', '=', KIND)
        .where('state', 'in', ['queued', 'running'])
        .executeTakeFirst()
      if (running) throw conflict('backup_running', `the job ${running.id} makes one already: wait until it has ended`)
      return createJob({ kind: 'asked', allFrames }, { owner })
    })
  }

  /** @throws HttpError 404; 409 `last_backup` */
  remove(name: string): Promise<void> {
    return this.#turn.run(async () => {
      const all = await this.list()
      const one = isBackupName(name) ? all.find((backup) => backup.name === name) : undefined
      if (!one) throw notFound(`the backup ${name}`)
      if (one.complete && all.filter(({ complete }) => complete).length === 1)
        throw conflict('last_backup', `${name} is the only whole backup: make another one first`)
      await removeBackup(this.folder, name)
    })
  }

  /** The handler of jobs of kind `backup`. */
  readonly run = async ({ id: job, params, signal, report, log }: JobContext): Promise<object> => {
    const { dataDir, folder, kept, leastFreeBytes, release, perform } = this.#ports
    const task: BackupTask = {
      ...{ dataDir, folder, kept, leastFreeBytes, release, rests: true },
      kind: params.kind === 'nightly' ? 'nightly' : 'asked',
      allFrames: params.allFrames === true,
    }
    const onMessage = (message: unknown) => {
      const { phase, fraction } = message as BackupTold
      report(phase, fraction)
    }
    const inputs = (async function* () {})()
    const work = { task: 'backup', job, params: task, inputs, limitMs: TIME_LIMIT_MS, onMessage }
    const result = (await perform(work, signal)) as BackupResult
    const { name, bytes, newBytes, counts, removed } = result
    const frames = counts.kept + counts.others
    log(
      'info',
      `${name}: ${megabytes(bytes)}, ${megabytes(newBytes)} of it new; ${counted(frames, 'frame')}, ${counted(counts.models, 'model')}`,
    )
    if (counts.gone > 0) log('info', `${counted(counts.gone, 'kept frame')} without a picture any more`)
    if (counts.modelsGone > 0) log('warn', `${counted(counts.modelsGone, 'model')} without files any more`)
    if (removed.length > 0) log('info', `removed as too many: ${removed.join(', ')}`)
    return result
  }

  async #summaryOf(folder: string, name: string): Promise<BackupSummary> {
    const found = await stat(join(folder, name, MANIFEST)).catch(() => null)
    const known = this.#known.get(name)
    if (found && known && known.changedMs === found.mtimeMs) return known.summary
    const summary = await summaryOf(folder, name)
    if (found) this.#known.set(name, { changedMs: found.mtimeMs, summary })
    return summary
  }
}
