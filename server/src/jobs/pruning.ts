import { sql } from 'kysely'
import type { StateDatabase } from '../database/state-database.ts'
import { Hourly } from '../hourly.ts'
import type { Log } from '../logging/levels.ts'

export interface JobPruningPorts {
  database: StateDatabase
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC. */
  now(): number
}

const OLDEST_MS = 30 * 86_400_000
const MOST_ENDED = 1000
/** Of programs nothing stays but for as long as their users read them; many come in a day, and push out no training. */
const SHORT_KIND = 'program'
const SHORT_MS = 3_600_000
/** Rows in one transaction: whoever else writes waits as long. */
const SLICE = 200

/**
 * Lets jobs go that ended long ago, with their lines. Of each kind, camera and outcome the newest stays, for the latest
 * training is asked for however long ago it was, and so does the job that a schedule asked for last.
 */
export class JobPruning {
  readonly #ports: JobPruningPorts
  readonly #hourly: Hourly

  constructor(ports: JobPruningPorts) {
    this.#ports = ports
    this.#hourly = new Hourly(
      () => this.prune(),
      (err) => ports.log.warn({ err }, 'old jobs cannot go; trying again'),
    )
  }

  start() {
    this.#hourly.start()
  }

  close(): Promise<void> {
    return this.#hourly.close()
  }

  async prune(): Promise<void> {
    const { database, log } = this.#ports
    let gone = 0
    for (let ids = await this.#old(); ids.length > 0 && !this.#hourly.isClosing; ids = await this.#old()) {
      await database.write.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('job_lines').where('job', 'in', ids).execute()
        await transaction.deleteFrom('jobs').where('id', 'in', ids).execute()
      })
      gone += ids.length
    }
    for (let jobs = await this.#orphans(); jobs.length > 0 && !this.#hourly.isClosing; jobs = await this.#orphans())
      await database.write.deleteFrom('job_lines').where('job', 'in', jobs).execute()
    if (gone > 0) log.info({ jobs: gone }, 'jobs that ended long ago went')
  }

  async #old(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      with ended as (
        select id, coalesce(finished_at, created_at) as at,
          kind = ${SHORT_KIND} as is_short,
          row_number() over (partition by kind = ${SHORT_KIND}
            order by coalesce(finished_at, created_at) desc, id desc) as place,
          row_number() over (partition by kind, camera, state order by created_at desc, id desc) as newness
        from jobs where state in ('done', 'failed', 'cancelled'))
      select id from ended
      where newness > 1 and
        (at < iif(is_short, ${this.#ports.now() - SHORT_MS}, ${this.#ports.now() - OLDEST_MS}) or place > ${MOST_ENDED})
        and id not in (select last_job from schedules where last_job is not null)
      order by at limit ${SLICE}`.execute(this.#ports.database.read)
    return rows.map(({ id }) => id)
  }

  /** Jobs that are no more and whose lines are: they went with their camera. */
  async #orphans(): Promise<string[]> {
    const { rows } = await sql<{ job: string }>`
      select distinct job from job_lines l where not exists (select 1 from jobs where id = l.job)
      limit ${SLICE}`.execute(this.#ports.database.read)
    return rows.map(({ job }) => job)
  }
}
