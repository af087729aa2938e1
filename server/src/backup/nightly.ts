import { sql } from 'kysely'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { JobOptions } from '../jobs/job-rows.ts'
import type { Log } from '../logging/levels.ts'
import type { HealthCheck } from '../observe/health.ts'
import { type BackupSummary, newestOf } from './backup-folder.ts'
import { dayOf, lastDue, nextDue } from './next-night.ts'

export interface NightlyPorts {
  database: StateDatabase
  /** Minutes after midnight; null: never. */
  at: number | null
  /** Every backup there is, the newest first. */
  list(): Promise<BackupSummary[]>
  createJob(params: Record<string, unknown>, options: JobOptions): Promise<JobRow>
  log: Pick<Log, 'warn'>
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
}

const LOOK_MS = 60_000
const DAY_MS = 86_400_000
/** One night may fail; two are news. */
const OLDEST_MS = 2 * DAY_MS

/**
 * Asks for a backup each night, at most once a day; one whose time went by while the machine slept is made up for. Says in
 * health what came of the last ones.
 */
export class Nightly {
  readonly #ports: NightlyPorts
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #isClosing = false
  #health: HealthCheck = { name: 'backup', level: 'ok', text: 'nobody has looked yet' }
  #hasFailed = false
  #since: number | null = null

  constructor(ports: NightlyPorts) {
    this.#ports = ports
  }

  /** When the next one is due, milliseconds UTC, or null. */
  get nextAt(): number | null {
    const { at, now } = this.#ports
    return at === null ? null : nextDue(at, now())
  }

  get health(): HealthCheck {
    return this.#health
  }

  /** Whether the last one failed, and none was made since. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Of the newest whole backup; where there is none, of the data folder. Milliseconds UTC; null before the first look. */
  get since(): number | null {
    return this.#since
  }

  start() {
    this.#looking = this.#lookAndArrange()
  }

  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  /** Asks for the backup that is due, and looks how the last ones went. */
  async look(): Promise<void> {
    await this.#ask()
    this.#health = await this.#judge()
  }

  async #lookAndArrange() {
    try {
      await this.look()
    } catch (err) {
      const text = `backups cannot be looked at: ${(err as Error).message}`
      this.#health = { name: 'backup', level: 'warn', text }
      if (!this.#isClosing) this.#ports.log.warn({ err }, 'backups cannot be looked at; trying again')
    }
    if (this.#isClosing) return
    this.#timer = setTimeout(() => {
      this.#looking = this.#lookAndArrange()
    }, LOOK_MS)
  }

  async #ask() {
    const { database, at, now, createJob } = this.#ports
    if (at === null) return
    const due = lastDue(at, now())
    if ((await this.#lastAt()) >= due) return
    const onceKey = `backup:${dayOf(due)}`
    const asked = await database.write
      .selectFrom('jobs')
      .select('id')
      .where('once_key', '=', onceKey)
      .executeTakeFirst()
    if (!asked) await createJob({ kind: 'nightly' }, { onceKey })
  }

  /**
   * When the last nightly one was asked for or made, or the data folder: on a new machine there is nothing yet. What lies
   * ahead of the clock was written while that was wrong.
   */
  async #lastAt(): Promise<number> {
    const { database, now, list } = this.#ports
    const { rows } = await sql<{ at: number | null }>`
      select max(created_at) as at from jobs
      where kind = 'backup' and params_json ->> 'kind' = 'nightly' and created_at <= ${now()}`.execute(database.read)
    const nightly = (await list()).find(({ kind, complete, at }) => complete && kind === 'nightly' && at <= now())
    return Math.max(rows[0]?.at ?? 0, nightly?.at ?? 0, await this.#madeAt())
  }

  async #madeAt(): Promise<number> {
    const { rows } = await sql<{ at: string | null }>`select min(timestamp) as at from kysely_migration`.execute(
      this.#ports.database.read,
    )
    return Math.min(Date.parse(rows[0]?.at ?? '') || 0, this.#ports.now())
  }

  async #judge(): Promise<HealthCheck> {
    const { database, at, now, list } = this.#ports
    const say = (level: HealthCheck['level'], text: string): HealthCheck => ({ name: 'backup', level, text })
    const last = await database.read
      .selectFrom('jobs')
      .select(['state', 'error_json', 'created_at'])
      .where('kind', '=', 'backup')
      .where('state', 'in', ['done', 'failed'])
      .orderBy('created_at', 'desc')
      .executeTakeFirst()
    const newest = newestOf(await list(), now())
    // A newer one may have been made by the command, which is no job.
    this.#hasFailed = last?.state === 'failed' && (newest?.at ?? 0) < last.created_at
    const since = Math.max(newest?.at ?? 0, await this.#madeAt())
    this.#since = since
    if (last && this.#hasFailed) {
      const { message = 'its log says why' } = JSON.parse(last.error_json ?? '{}') as { message?: string }
      return say('warn', `the last backup failed: ${message}`)
    }
    if (at !== null && now() - since > OLDEST_MS) {
      const which = newest ? `the newest backup is of ${dayOf(newest.at)}` : 'there is no backup'
      return say(
        'warn',
        `${which}, although one is made each night: look at the jobs of kind backup, and at their logs`,
      )
    }
    if (!newest)
      return say('ok', at === null ? 'no backups are made (AJAR_BACKUP_AT)' : 'none yet; the next night makes one')
    return say('ok', `the newest backup is of ${dayOf(newest.at)}`)
  }
}
