import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { ProgramMessageRow, ProgramRunRow } from '../../database/schema-programs.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Message, ProgramRequest } from '../program.ts'

/** A row takes some bytes beside what it says. */
export const ROW_BYTES = 64
const SIZE = sql<number>`coalesce(sum(length(cast(m.data as blob)) + ${sql.lit(ROW_BYTES)}), 0)`
const OPEN: ProgramRunRow['state'][] = ['QUEUED', 'RUNNING']

/** The rows of runs, and of what they have to say. */
export class RunRows {
  readonly #database: StateDatabase
  readonly #now: () => number

  constructor(database: StateDatabase, now: () => number) {
    this.#database = database
    this.#now = now
  }

  async add(
    transaction: Kysely<StateTables>,
    { id, job, owner, language }: Pick<ProgramRunRow, 'id' | 'job' | 'owner' | 'language'>,
    request: ProgramRequest,
  ): Promise<void> {
    const { name, mode, lab } = request
    await transaction
      .insertInto('program_runs')
      .values({
        ...{ id, job, owner, name, mode, language, lab: lab ? 1 : 0, request_json: JSON.stringify(request) },
        ...{ state: 'QUEUED', status: null, created_at: this.#now(), started_at: null, finished_at: null },
      })
      .execute()
  }

  newId(): string {
    return randomUUID()
  }

  find(id: string, database = this.#database.read): Promise<ProgramRunRow | undefined> {
    return database.selectFrom('program_runs').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** How many wait or run of an account. */
  async countOpenOf(transaction: Kysely<StateTables>, owner: string): Promise<number> {
    const row = await transaction
      .selectFrom('program_runs')
      .select(({ fn }) => fn.countAll<number>().as('runs'))
      .where('owner', '=', owner)
      .where('state', 'in', OPEN)
      .executeTakeFirst()
    return row?.runs ?? 0
  }

  /** How many wait, of all accounts. */
  async countQueued(transaction: Kysely<StateTables>): Promise<number> {
    const row = await transaction
      .selectFrom('program_runs')
      .select(({ fn }) => fn.countAll<number>().as('runs'))
      .where('state', '=', 'QUEUED')
      .executeTakeFirst()
    return row?.runs ?? 0
  }

  /** @returns the run, which runs now; undefined where it did not wait any more */
  begin(id: string): Promise<ProgramRunRow | undefined> {
    return this.#database.write
      .updateTable('program_runs')
      .set({ state: 'RUNNING', started_at: this.#now() })
      .where('id', '=', id)
      .where('state', '=', 'QUEUED')
      .returningAll()
      .executeTakeFirst()
  }

  /** @param from the cursor: how many messages are known already */
  async messages(id: string, from: number, most: number): Promise<Message[]> {
    const rows = await this.#database.read
      .selectFrom('program_messages')
      .select(['type', 'data', 'ref'])
      .where('run', '=', id)
      .where('seq', '>=', from)
      .orderBy('seq')
      .limit(most)
      .execute()
    return rows.map(asMessage)
  }

  /** Those that wait for a job that is none any more: it was cancelled as a job, or is gone. */
  orphans(): Promise<Pick<ProgramRunRow, 'id'>[]> {
    return this.#database.write
      .selectFrom('program_runs as r')
      .select('r.id')
      .where('r.state', '=', 'QUEUED')
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('jobs as j')
              .select('j.id')
              .whereRef('j.id', '=', 'r.job')
              .where('j.state', 'in', ['queued', 'running']),
          ),
        ),
      )
      .execute()
  }

  running(): Promise<Pick<ProgramRunRow, 'id'>[]> {
    return this.#database.write.selectFrom('program_runs').select('id').where('state', '=', 'RUNNING').execute()
  }

  /** Those that have ended, the oldest first, with what their messages take. */
  ended(): Promise<{ id: string; owner: string; finished_at: number | null; bytes: number }[]> {
    return this.#database.read
      .selectFrom('program_runs as r')
      .leftJoin('program_messages as m', 'm.run', 'r.id')
      .select(['r.id', 'r.owner', 'r.finished_at', SIZE.as('bytes')])
      .where('r.finished_at', 'is not', null)
      .groupBy('r.id')
      .orderBy('r.finished_at')
      .execute()
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#database.write.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('program_messages').where('run', 'in', ids).execute()
      await transaction.deleteFrom('program_runs').where('id', 'in', ids).execute()
    })
  }
}

function asMessage({ type, data, ref }: Pick<ProgramMessageRow, 'type' | 'data' | 'ref'>): Message {
  return ref === null ? { type, data } : { type, data, ref }
}
