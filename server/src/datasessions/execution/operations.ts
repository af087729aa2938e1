import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type {
  DataSessionRow,
  LaboratoryFileRow,
  OperationResultRow,
  OperationRow,
} from '../../database/schema-laboratory.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import { DetailError } from '../field-errors.ts'
import type { Files } from '../files/files.ts'
import { type AskedPorts, askedFor } from './asked.ts'
import { type OperationBody, outputOf, standingOf } from './operation-body.ts'
import { countOf, firstWithin, MOST_PAGE_BYTES, requireRoomIn, shownResults, sizesOf } from './operation-sizes.ts'
import type { Results } from './results.ts'
import type { Room } from './room.ts'

export interface OperationsPorts extends AskedPorts {
  database: StateDatabase
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'refusalFor'>
  files: Pick<Files, 'urlsOf'>
  results: Results
  room: Pick<Room, 'require'>
  /** Milliseconds UTC. */
  now(): number
}

export type Session = Pick<DataSessionRow, 'id' | 'owner' | 'user'>

export const JOB_KIND = 'operation'

/** Operations of data sessions: asked for, shown, cancelled, removed. */
export class Operations {
  readonly #ports: OperationsPorts

  constructor(ports: OperationsPorts) {
    this.#ports = ports
  }

  /**
   * Asks for an operation.
   * @param inputData checked by what the operation declares
   * @returns its row; one whose result is there already has ended
   * @throws FieldErrors where inputs are not there, or not the owner's; DetailError 404 where the session went meanwhile, 409
   *   where it holds as many as it may, 429 where too many of the owner's wait, 503 where too many do, 507 where there is no room for what comes of it
   */
  async create(session: Session, name: string, inputData: Record<string, unknown>): Promise<OperationRow> {
    const { database, jobs, now } = this.#ports
    const asked = this.#asked(name, inputData)
    await requireRoomIn(database.write, session.id, asked.input_json) // told before pictures are looked for
    const known = await this.#known(session.owner, name, inputData)
    const row = await database.write.transaction().execute(async (transaction) => {
      await this.#requireSession(transaction, session)
      await requireRoomIn(transaction, session.id, asked.input_json)
      const { id } = await transaction
        .insertInto('operations')
        .values({
          ...{ session: session.id, owner: session.owner, job: null, state: null, message: '', result: null },
          ...{ ...asked, created_at: now(), finished_at: null },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return this.#begin(transaction, id, session, known)
    })
    jobs().wake()
    return row
  }

  /** A page of those of a session, the oldest first, and how many there are. It ends early where it would be too long. */
  async page(
    session: number,
    asked: { limit: number; offset: number },
  ): Promise<{ rows: OperationRow[]; count: number }> {
    const { write } = this.#ports.database
    const ids = firstWithin(MOST_PAGE_BYTES, await sizesOf(write, session, asked))
    const rows =
      ids.length === 0
        ? []
        : await write.selectFrom('operations').selectAll().where('id', 'in', ids).orderBy('id').execute()
    return { rows, count: await countOf(write, session) }
  }

  /** Those of several sessions, the oldest first. */
  async ofSessions(sessions: readonly number[]): Promise<OperationRow[]> {
    if (sessions.length === 0) return []
    return this.#ports.database.write
      .selectFrom('operations')
      .selectAll()
      .where('session', 'in', sessions)
      .orderBy('id')
      .execute()
  }

  /** @throws DetailError 404 */
  async get(session: number, id: number): Promise<OperationRow> {
    const row = await this.#ports.database.write
      .selectFrom('operations')
      .selectAll()
      .where('id', '=', id)
      .where('session', '=', session)
      .executeTakeFirst()
    if (!row) throw noOperation()
    return row
  }

  /**
   * Operations as they are shown, in the order of the rows. Of several together `output_data` is left out from where it would
   * be too long: each alone is shown with it.
   * @param base protocol and host before the paths of signed addresses
   */
  async body(rows: readonly OperationRow[], base: string): Promise<OperationBody[]> {
    const { database, files: urls } = this.#ports
    const jobs = await byKey(rows, 'job', (ids) =>
      database.write
        .selectFrom('jobs')
        .select(['id', 'state', 'progress', 'error_json'])
        .where('id', 'in', ids)
        .execute(),
    )
    const results = await byKey(rows, 'result', (ids) => shownResults(database.write, ids))
    const files = await byResult(database, [...results.keys()] as number[])
    return rows.map((row) => {
      const { status, message, progress } = standingOf(row, row.job === null ? undefined : jobs.get(row.job))
      const result = row.result === null || status !== 'COMPLETED' ? undefined : results.get(row.result)
      return {
        ...{ id: row.id, name: row.name, status, message, operation_progress: progress },
        output: result ? outputOf(result, files.get(result.id) ?? [], (file) => urls.urlsOf(file, base)) : null,
        ...{ input_data: JSON.parse(row.input_json), created: new Date(row.created_at).toISOString() },
      }
    })
  }

  /**
   * Asks for something else in place of an operation, which ends where it has not yet; nothing happens where it is the same.
   * @param inputData checked by what the operation declares
   * @throws as `create`
   */
  async change(row: OperationRow, name: string, inputData: Record<string, unknown>): Promise<OperationRow> {
    const { database, jobs } = this.#ports
    const asked = this.#asked(name, inputData)
    if (asked.name === row.name && asked.input_json === row.input_json) return row
    const known = await this.#known(row.owner, name, inputData)
    const changed = await database.write.transaction().execute(async (transaction) => {
      await requireRoomIn(transaction, row.session, asked.input_json, row.id)
      const session = await transaction
        .selectFrom('data_sessions')
        .select(['owner', 'user'])
        .where('id', '=', row.session)
        .executeTakeFirst()
      const free = { job: null, state: null, message: '', result: null, finished_at: null }
      const found = await transaction
        .updateTable('operations')
        .set({ ...asked, ...free })
        .where('id', '=', row.id)
        .returning('id')
        .executeTakeFirst()
      if (!session || !found) throw noOperation()
      return this.#begin(transaction, row.id, session, known)
    })
    await this.#let(row)
    jobs().wake()
    return changed
  }

  /**
   * Removes operations, ends those that have not ended, and forgets why they failed. What they came to stays for whoever
   * asks again, until it is old or room is needed; nobody is shown it before.
   * @param ids where some of a session are meant; others' are passed over
   * @returns how many there were
   */
  async remove(session: number, ids?: readonly number[]): Promise<number> {
    const { write } = this.#ports.database
    const all =
      ids ??
      (await write.selectFrom('operations').select('id').where('session', '=', session).execute()).map(({ id }) => id)
    let removed = 0
    for (let i = 0; i < all.length; i += AT_ONCE) {
      const gone = await write
        .deleteFrom('operations')
        .where('session', '=', session)
        .where('id', 'in', all.slice(i, i + AT_ONCE))
        .returning(['job', 'state', 'result'])
        .execute()
      removed += gone.length
      for (const row of gone) await this.#let(row)
    }
    return removed
  }

  /** Ends an operation that waits or runs. @returns its row @throws DetailError 409 where it has ended */
  async cancel(row: OperationRow): Promise<OperationRow> {
    if (row.job === null || row.state !== null) throw ended()
    await this.#ports
      .jobs()
      .cancel(row.job)
      .catch((error) => {
        throw isEnded(error) ? ended() : error
      })
    return this.get(row.session, row.id)
  }

  /** What is asked for, as it stands in a row. */
  #asked(name: string, inputData: Record<string, unknown>) {
    return { name, input_json: JSON.stringify(inputData), cache_key: this.#ports.cacheKey(name, inputData) }
  }

  /** The result that is there already; none is computed where there is no room for it. */
  async #known(account: string, name: string, inputData: Record<string, unknown>) {
    const { key } = await askedFor(this.#ports, account, name, inputData)
    const known = await this.#ports.results.find(key)
    if (!known) await this.#ports.room.require(0)
    return known
  }

  /** Ends an operation with the result that is there, or has a job do it. */
  async #begin(
    transaction: Kysely<StateTables>,
    id: number,
    session: Pick<Session, 'owner' | 'user'>,
    known: OperationResultRow | undefined,
  ): Promise<OperationRow> {
    const { now } = this.#ports
    const isThere =
      known &&
      (await transaction.selectFrom('operation_results').select('id').where('id', '=', known.id).executeTakeFirst())
    const change = isThere
      ? { state: known.state, message: known.message, result: known.id, finished_at: now() }
      : { job: await this.#newJob(transaction, id, session) }
    return transaction
      .updateTable('operations')
      .set(change)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
  }

  async #newJob(
    transaction: Kysely<StateTables>,
    operation: number,
    { owner: account, user }: Pick<Session, 'owner' | 'user'>,
  ): Promise<string> {
    const jobs = this.#ports.jobs()
    const refusal = await jobs.refusalFor(transaction, account)
    if (refusal) throw new DetailError(refusal.status, `${refusal.message.replace(/^t/, 'T')}.`)
    return (await jobs.add(transaction, JOB_KIND, null, { operation, account }, { owner: user })).id
  }

  /** Nobody waits for it any more. */
  async #let({ job, state, result }: Pick<OperationRow, 'job' | 'state' | 'result'>) {
    const { jobs, results } = this.#ports
    if (state === 'FAILED' && result !== null) await results.forgetFailures([result])
    if (job === null || state !== null) return
    await jobs()
      .cancel(job)
      .catch((error) => {
        if (!isEnded(error)) throw error
      })
  }

  async #requireSession(transaction: Kysely<StateTables>, { id, owner }: Session) {
    const session = await transaction
      .selectFrom('data_sessions')
      .select('id')
      .where('id', '=', id)
      .where('owner', '=', owner)
      .executeTakeFirst()
    if (!session) throw new DetailError(404, 'No DataSession matches the given query.')
  }
}

/** Of rows in one statement. */
const AT_ONCE = 500

const ended = () => new DetailError(409, 'This operation has ended already.')

/** The job ended in this instant, or went long ago. */
function isEnded(error: unknown): boolean {
  return ['job_ended', 'not_found'].includes((error as { code?: string }).code ?? '')
}

export const noOperation = () => new DetailError(404, 'No Operation matches the given query.')

/** Rows of another table that these rows name, by what they are named. */
async function byKey<Key extends 'job' | 'result', Row extends { id: NonNullable<OperationRow[Key]> }>(
  rows: readonly OperationRow[],
  key: Key,
  find: (ids: NonNullable<OperationRow[Key]>[]) => Promise<Row[]>,
): Promise<Map<NonNullable<OperationRow[Key]>, Row>> {
  const ids = [...new Set(rows.flatMap((row) => row[key] ?? []))] as NonNullable<OperationRow[Key]>[]
  return new Map(ids.length === 0 ? [] : (await find(ids)).map((row) => [row.id, row]))
}

async function byResult({ write }: StateDatabase, results: number[]): Promise<Map<number, LaboratoryFileRow[]>> {
  if (results.length === 0) return new Map()
  const files = await write.selectFrom('laboratory_files').selectAll().where('result', 'in', results).execute()
  return Map.groupBy(files, ({ result }) => result ?? 0)
}
