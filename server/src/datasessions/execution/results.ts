import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { OperationResultRow } from '../../database/schema-laboratory.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Files } from '../files/files.ts'
import { type FrameTimes, noteFrames } from './frame-times.ts'
import { type Made, OUT } from './perform-messages.ts'
import { type End, NobodyWaits, type Waiting } from './waiting.ts'

export interface ResultsPorts {
  database: StateDatabase
  files: Pick<Files, 'adopt' | 'removeResult'>
  /** Milliseconds UTC. */
  now(): number
}

/** What an operation or a task made, and of what. */
export interface Kept {
  key: string
  /** Its name. */
  operation: string
  made: Made
  folder: string
  frames: FrameTimes
  signal: AbortSignal
}

const AT_ONCE = 500

/** What operations and tasks came to: rows and files that come and go together. */
export class Results {
  readonly #ports: ResultsPorts
  /** Given out, with a row or not yet. */
  #lastId = 0

  constructor(ports: ResultsPorts) {
    this.#ports = ports
  }

  /** The result of that key, which is used now. */
  async find(key: string): Promise<OperationResultRow | undefined> {
    return this.#ports.database.write
      .updateTable('operation_results')
      .set({ used_at: this.#ports.now() })
      .where('cache_key', '=', key)
      .returningAll()
      .executeTakeFirst()
  }

  /** Ends a wait with a result that is there. @throws NobodyWaits */
  async show(waiting: Waiting, { id, state, message }: OperationResultRow): Promise<void> {
    await this.#ports.database.write.transaction().execute(async (transaction) => {
      await requireWaiting(transaction, waiting)
      // It may have been let go in this instant: then nobody is shown a result without rows.
      await transaction.selectFrom('operation_results').select('id').where('id', '=', id).executeTakeFirstOrThrow()
      await this.#settle(transaction, waiting, { state, message, result: id })
    })
  }

  /**
   * Keeps what was made and ends the wait with that: files first, then all rows at once. The disk is waited for before
   * the rows are written: everything else is written on the same connection.
   * @param folder of the process that made it
   * @param signal asked again right before the rows are written
   * @throws NobodyWaits
   */
  async keep(waiting: Waiting, { key, operation, made, folder, frames, signal }: Kept): Promise<void> {
    const { database, files, now } = this.#ports
    const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0)
    const id = await this.#freeId()
    try {
      await files.adopt(join(folder, OUT), id)
      await database.write.transaction().execute(async (transaction) => {
        signal.throwIfAborted()
        await requireWaiting(transaction, waiting)
        const basenames = await insertFiles(transaction, id, made, now())
        await transaction
          .insertInto('operation_results')
          .values({
            ...{ id, cache_key: key, operation, state: 'COMPLETED', message: '', bytes },
            ...{ output_json: JSON.stringify({ files: basenames, data: made.data }) },
            ...{ created_at: now(), used_at: now() },
          })
          .execute()
        await noteFrames(transaction, id, frames)
        await this.#settle(transaction, waiting, { state: 'COMPLETED', message: '', result: id })
      })
    } catch (error) {
      // Without rows it is nobody's.
      await files.removeResult(id).catch(() => {})
      throw error
    }
  }

  /** Remembers that the inputs are at fault, and ends the wait with that. @throws NobodyWaits */
  async refuse(waiting: Waiting, key: string, operation: string, message: string): Promise<void> {
    const { database, now } = this.#ports
    const id = await this.#freeId()
    await database.write.transaction().execute(async (transaction) => {
      await requireWaiting(transaction, waiting)
      await transaction
        .insertInto('operation_results')
        .values({
          ...{ id, cache_key: key, operation, state: 'FAILED', message, bytes: 0 },
          ...{ output_json: '{"files":[],"data":null}', created_at: now(), used_at: now() },
        })
        .execute()
      await this.#settle(transaction, waiting, { state: 'FAILED', message, result: id })
    })
  }

  /** Ends a wait for a reason that may pass: nothing is remembered of it. @throws NobodyWaits */
  async fail(waiting: Waiting, message: string): Promise<void> {
    await this.#ports.database.write.transaction().execute(async (transaction) => {
      await requireWaiting(transaction, waiting)
      await this.#settle(transaction, waiting, { state: 'FAILED', message, result: null })
    })
  }

  /** Forgets failures, so that the same is tried again; operations that failed so say it still. */
  async forgetFailures(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return
    await this.#ports.database.write.transaction().execute(async (transaction) => {
      const gone = await transaction
        .deleteFrom('operation_results')
        .where('id', 'in', ids)
        .where('state', '=', 'FAILED')
        .returning('id')
        .execute()
      const forgotten = gone.map(({ id }) => id)
      await transaction.updateTable('operations').set({ result: null }).where('result', 'in', forgotten).execute()
    })
  }

  /**
   * Lets results go, with their files. Runs of tasks do not keep theirs: they say that it went, and why where that is said.
   * @param message what operations that show one say from now on; null: only those go that no operation shows
   * @returns how many bytes were given back
   */
  async drop(ids: readonly number[], message: string | null): Promise<number> {
    let bytes = 0
    for (let i = 0; i < ids.length; i += AT_ONCE) bytes += await this.#dropSome(ids.slice(i, i + AT_ONCE), message)
    return bytes
  }

  async #dropSome(ids: readonly number[], message: string | null): Promise<number> {
    const { database, files, now } = this.#ports
    const gone = await database.write.transaction().execute(async (transaction) => {
      if (message !== null)
        await transaction
          .updateTable('operations')
          .set({ state: 'FAILED', message, result: null, finished_at: now() })
          .where('result', 'in', ids)
          .execute()
      const rows = await transaction
        .deleteFrom('operation_results')
        .where('id', 'in', ids)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('operations').select('id').whereRef('operations.result', '=', 'operation_results.id'))),
        )
        .returning(['id', 'bytes'])
        .execute()
      const dropped = rows.map(({ id }) => id)
      if (dropped.length > 0) {
        const runs = transaction.updateTable('task_runs').where('result', 'in', dropped)
        await runs.set({ result: null, ...(message === null ? {} : { message }) }).execute()
        await transaction.deleteFrom('laboratory_files').where('result', 'in', dropped).execute()
        await transaction.deleteFrom('result_cameras').where('result', 'in', dropped).execute()
      }
      return rows
    })
    // What cannot be removed now is nobody's, and is swept at the next start.
    for (const { id } of gone) await files.removeResult(id).catch(() => {})
    return gone.reduce((sum, row) => sum + row.bytes, 0)
  }

  /** A number that no result has or had: files lie under it before there is a row. */
  async #freeId(): Promise<number> {
    const { rows } = await sql<{
      seq: number
    }>`select seq from sqlite_sequence where name = 'operation_results'`.execute(this.#ports.database.write)
    this.#lastId = Math.max(this.#lastId, rows[0]?.seq ?? 0) + 1
    return this.#lastId
  }

  #settle(transaction: Kysely<StateTables>, waiting: Waiting, end: Omit<End, 'finishedAt'>): Promise<void> {
    return waiting.settle(transaction, { ...end, finishedAt: this.#ports.now() })
  }
}

async function requireWaiting(transaction: Kysely<StateTables>, waiting: Waiting) {
  if (!(await waiting.isWaiting(transaction))) throw new NobodyWaits()
}

/** @returns their basenames: what the operation calls them, with the number of the result */
async function insertFiles(
  transaction: Kysely<StateTables>,
  result: number,
  { files }: Made,
  now: number,
): Promise<string[]> {
  if (files.length === 0) return []
  const basenames = await freeNames(
    transaction,
    files.map(({ name }) => `${name}-${result}`),
  )
  const rows = files.map(({ type, forms, bytes, sha256 }, i) => ({
    ...{ basename: basenames[i] as string, owner: null, result, type, forms_json: JSON.stringify(forms) },
    ...{ bytes, sha256, created_at: now },
  }))
  await transaction.insertInto('laboratory_files').values(rows).execute()
  return basenames
}

/** Somebody may have uploaded pictures of these names: they get another number then. */
async function freeNames(transaction: Kysely<StateTables>, wanted: string[]): Promise<string[]> {
  const names = [...wanted]
  for (let number = 2; ; number++) {
    const rows = await transaction
      .selectFrom('laboratory_files')
      .select('basename')
      .where('basename', 'in', names)
      .execute()
    if (rows.length === 0) return names
    const taken = new Set(rows.map(({ basename }) => basename))
    for (const [i, name] of names.entries()) if (taken.has(name)) names[i] = `${wanted[i]}-${number}`
  }
}
