import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { JobRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'

/** What is known of a job when it is asked for, besides what it is. */
export interface JobOptions {
  /** Who asks for it. */
  owner?: string
  /** Not begun before, milliseconds UTC; null: as soon as it is its turn. */
  runAt?: number | null
  /** The schedule that asks for it. */
  schedule?: string | null
  /** No two jobs have the same. */
  onceKey?: string | null
}

/** Which jobs a list shows. */
export interface JobFilter {
  camera?: string | undefined
  kind?: string | undefined
  /** Kinds that are left out. */
  without: string[]
  states?: JobRow['state'][] | undefined
  /** Those that come after this one. */
  after?: { createdAt: number; id: string } | undefined
  limit: number
}

const RETRY_MS = 500

/** The rows of jobs: added, read, and changed together with the event that tells of it. */
export class JobRows {
  readonly #database: StateDatabase
  readonly #events: Events
  readonly #now: () => number
  #lastAt = 0

  constructor(database: StateDatabase, events: Events, now: () => number) {
    this.#database = database
    this.#events = events
    this.#now = now
  }

  async add(
    transaction: Kysely<StateTables>,
    kind: string,
    camera: string | null,
    params: Record<string, unknown>,
    { owner = 'ajar', runAt = null, schedule = null, onceKey = null }: JobOptions,
  ): Promise<JobRow> {
    const row: JobRow = {
      ...{ id: randomUUID(), kind, camera, state: 'queued', phase: null, progress: 0 },
      params_json: JSON.stringify(params),
      ...{ result_json: null, error_json: null, started_at: null, finished_at: null, starts: 0, failures: 0 },
      created_at: this.#nextTime(),
      ...{ owner, run_at: runAt, schedule, once_key: onceKey },
    }
    await transaction.insertInto('jobs').values(row).execute()
    return row
  }

  find(id: string): Promise<JobRow | undefined> {
    return this.#database.read.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** The newest first. */
  list({ camera, kind, without, states, after, limit }: JobFilter): Promise<JobRow[]> {
    return this.#database.read
      .selectFrom('jobs')
      .selectAll()
      .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? null))
      .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
      .$if(without.length > 0, (query) => query.where('kind', 'not in', without))
      .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
      .$if(after !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(after?.createdAt ?? 0, after?.id ?? '')),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  }

  /** Those that wait, the longest first; it sees one that was added just now. */
  queued(database: Kysely<StateTables> = this.#database.write): Promise<JobRow[]> {
    return database.selectFrom('jobs').selectAll().where('state', '=', 'queued').orderBy('created_at').execute()
  }

  /** How many wait of each kind, without reading what they are told. */
  countQueued(database: Kysely<StateTables>): Promise<{ kind: string; jobs: number }[]> {
    return database
      .selectFrom('jobs')
      .select(['kind', ({ fn }) => fn.countAll<number>().as('jobs')])
      .where('state', '=', 'queued')
      .groupBy('kind')
      .execute()
  }

  /** How many wait that an account called for. */
  async countQueuedFor(database: Kysely<StateTables>, account: string): Promise<number> {
    const row = await database
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<number>().as('jobs'))
      .where('state', '=', 'queued')
      .where(sql`json_extract(params_json, '$.account')`, '=', account)
      .executeTakeFirst()
    return row?.jobs ?? 0
  }

  /**
   * @param starts only where it is still in this attempt
   * @returns whether the job had not ended before
   */
  async change(id: string, change: Partial<JobRow>, starts?: number): Promise<boolean> {
    const events = await this.#database.write.transaction().execute(async (transaction) => {
      const row = await transaction
        .updateTable('jobs')
        .set(change)
        .where('id', '=', id)
        .where('state', 'in', ['queued', 'running'])
        .$if(starts !== undefined, (query) => query.where('starts', '=', starts ?? 0))
        .returningAll()
        .executeTakeFirst()
      if (!row) return []
      const { kind, camera, state, phase, progress } = row
      return this.#events.append(transaction, [{ kind: 'job', data: { id, kind, camera, state, phase, progress } }])
    })
    this.#events.publish(events)
    return events.length > 0
  }

  /** Those of them that have ended go, with what they had to say. */
  async remove(transaction: Kysely<StateTables>, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const gone = await transaction
      .deleteFrom('jobs')
      .where('id', 'in', ids)
      .where('state', 'in', ['done', 'failed', 'cancelled'])
      .returning('id')
      .execute()
    const of = gone.map(({ id }) => id)
    if (of.length > 0) await transaction.deleteFrom('job_lines').where('job', 'in', of).execute()
  }

  /** Writes how a job ended, as soon as the disk takes it. @param giveUp whether nobody waits for the disk any more */
  async settle(id: string, change: Partial<JobRow>, giveUp: () => boolean) {
    for (;;) {
      try {
        await this.change(id, change)
        return
      } catch (error) {
        if (giveUp()) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  /** Two of one millisecond keep the order in which they were asked for. */
  #nextTime(): number {
    const now = this.#now()
    const isSame = now <= this.#lastAt && this.#lastAt - now < 1000
    this.#lastAt = isSame ? this.#lastAt + 1 : now
    return this.#lastAt
  }
}
