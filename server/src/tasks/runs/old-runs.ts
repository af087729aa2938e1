import { sql } from 'kysely'
import type { StateDatabase } from '../../database/state-database.ts'
import { Hourly } from '../../hourly.ts'
import type { Log } from '../../logging/levels.ts'

export interface OldRunsPorts {
  database: StateDatabase
  /** Milliseconds for which a run stays after it was asked for (AJAR_LABORATORY_DAYS). */
  keptMs: number
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC. */
  now(): number
}

const MOST_RUNS = 10_000
/** Of the parameters of all together: one run may have 1 MiB of them. */
const MOST_BYTES = 256 * 1024 * 1024
/** Rows in one transaction: whoever else writes waits as long. */
const SLICE = 200

/** Lets runs go that ended and are old, or are too many, or were told too much. What came of them is nobody's then, and goes as results do. */
export class OldRuns {
  readonly #ports: OldRunsPorts
  readonly #most: { runs: number; bytes: number }
  readonly #hourly: Hourly

  /** @param most for tests */
  constructor(ports: OldRunsPorts, most = { runs: MOST_RUNS, bytes: MOST_BYTES }) {
    this.#ports = ports
    this.#hourly = new Hourly(
      () => this.sweep(),
      (err) => ports.log.warn({ err }, 'old runs of tasks cannot go; trying again'),
    )
    this.#most = most
  }

  start() {
    this.#hourly.start()
  }

  close(): Promise<void> {
    return this.#hourly.close()
  }

  async sweep(): Promise<void> {
    const { database, log } = this.#ports
    let gone = 0
    for (let jobs = await this.#old(); jobs.length > 0 && !this.#hourly.isClosing; jobs = await this.#old()) {
      await database.write.deleteFrom('task_runs').where('job', 'in', jobs).execute()
      gone += jobs.length
    }
    if (gone > 0) log.info({ runs: gone }, 'runs of tasks went that ended long ago')
  }

  async #old(): Promise<string[]> {
    const { database, keptMs, now } = this.#ports
    const { rows } = await sql<{ job: string }>`
      with placed as (
        select job, state, created_at, row_number() over newest as place, sum(octet_length(params_json)) over newest as bytes
        from task_runs window newest as (order by created_at desc, job desc))
      select job from placed
      where state is not null
        and (created_at < ${now() - keptMs} or place > ${this.#most.runs} or bytes > ${this.#most.bytes})
      order by created_at limit ${SLICE}`.execute(database.write)
    return rows.map(({ job }) => job)
  }
}
