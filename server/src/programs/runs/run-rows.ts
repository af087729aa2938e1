import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { ProgramMessageRow, ProgramRunRow } from '../../database/schema-programs.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Message, ProgramRequest } from '../program.ts'
import { OF_NOBODY } from './run.ts'

/** A row takes some bytes beside what it says. */
export const ROW_BYTES = 64
const BYTES = sql<number>`length(cast(m.data as blob))`
const SIZE = sql<number>`coalesce(sum(${BYTES} + ${sql.lit(ROW_BYTES)}), 0)`

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
    const { name, mode } = request
    await transaction
      .insertInto('program_runs')
      .values({
        ...{ id, job, owner, name, mode, language },
        ...{ state: 'QUEUED', status: null, created_at: this.#now(), started_at: null, finished_at: null },
      })
      .execute()
    await transaction
      .insertInto('program_requests')
      .values({ run: id, request_json: JSON.stringify(request) })
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
    const row = await open(transaction)
      .select(({ fn }) => fn.countAll<number>().as('runs'))
      .where('owner', '=', owner)
      .executeTakeFirst()
    return row?.runs ?? 0
  }

  /** How many wait, of all accounts. @param ofStrangers only those that were asked for without a token */
  async countQueued(transaction: Kysely<StateTables>, { ofStrangers = false } = {}): Promise<number> {
    const row = await open(transaction)
      .select(({ fn }) => fn.countAll<number>().as('runs'))
      .where('state', '=', 'QUEUED')
      .$if(ofStrangers, (query) => query.where(sql<string>`substr(owner, 1, ${OF_NOBODY.length})`, '=', OF_NOBODY))
      .executeTakeFirst()
    return row?.runs ?? 0
  }

  /** @returns what the run is to do, which runs now; undefined where it did not wait any more */
  begin(id: string): Promise<ProgramRequest | undefined> {
    return this.#database.write.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('program_runs')
        .set({ state: 'RUNNING', started_at: this.#now() })
        .where('id', '=', id)
        .where('state', '=', 'QUEUED')
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return undefined
      const { request_json } = await transaction
        .selectFrom('program_requests')
        .select('request_json')
        .where('run', '=', id)
        .executeTakeFirstOrThrow()
      return JSON.parse(request_json)
    })
  }

  /**
   * @param from the cursor: how many messages are known already
   * @param most messages, and bytes of them; one message is there however long it is
   * @returns whether there are more of them behind those
   */
  async messages(
    id: string,
    from: number,
    most: { messages: number; bytes: number },
  ): Promise<{ messages: Message[]; hasMore: boolean }> {
    const rows = await this.#database.read
      .selectFrom(({ selectFrom }) =>
        selectFrom('program_messages as m')
          .select(['m.seq', 'm.type', 'm.data', 'm.ref'])
          .select(sql<number>`sum(${BYTES}) over (order by m.seq) - ${BYTES}`.as('before'))
          .where('m.run', '=', id)
          .where('m.seq', '>=', from)
          .orderBy('m.seq')
          .limit(most.messages)
          .as('next'),
      )
      .select(['type', 'data', 'ref'])
      .where('before', '<', most.bytes)
      .orderBy('seq')
      .execute()
    const last = await this.#database.read
      .selectFrom('program_messages')
      .select(({ fn }) => fn.max('seq').as('seq'))
      .where('run', '=', id)
      .executeTakeFirst()
    return { messages: rows.map(asMessage), hasMore: from + rows.length <= (last?.seq ?? -1) }
  }

  /** Whether there are more messages than so many. */
  async hasMore(id: string, than: number): Promise<boolean> {
    const query = this.#database.read.selectFrom('program_messages').select('seq').where('run', '=', id)
    return (await query.where('seq', '>=', than).limit(1).executeTakeFirst()) !== undefined
  }

  /** Those whose job is none any more, and has not said how they ended: whether it was cancelled before it began. */
  async orphans(): Promise<{ id: string; isTakenOff: boolean; hasBegun: boolean }[]> {
    const rows = await open(this.#database.write)
      .leftJoin('jobs as j', 'j.id', 'program_runs.job')
      .select(['program_runs.id', 'program_runs.state', 'j.state as job'])
      .where(({ or, eb }) => or([eb('j.state', 'is', null), eb('j.state', 'not in', ['queued', 'running'])]))
      .execute()
    return rows.map(({ id, state, job }) => ({
      ...{ id, hasBegun: state === 'RUNNING' },
      isTakenOff: state === 'QUEUED' && job === 'cancelled',
    }))
  }

  running(): Promise<Pick<ProgramRunRow, 'id'>[]> {
    return open(this.#database.write).select('id').where('state', '=', 'RUNNING').execute()
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

  /** @returns their jobs */
  async remove(transaction: Kysely<StateTables>, ids: readonly string[]): Promise<string[]> {
    await transaction.deleteFrom('program_messages').where('run', 'in', ids).execute()
    await transaction.deleteFrom('program_requests').where('run', 'in', ids).execute()
    const gone = await transaction.deleteFrom('program_runs').where('id', 'in', ids).returning('job').execute()
    return gone.map(({ job }) => job)
  }
}

/** Those that wait or run, by the index of just those. */
function open(database: Kysely<StateTables>) {
  return database.selectFrom('program_runs').where('program_runs.finished_at', 'is', null)
}

function asMessage({ type, data, ref }: Pick<ProgramMessageRow, 'type' | 'data' | 'ref'>): Message {
  return ref === null ? { type, data } : { type, data, ref }
}
