import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { SqliteAnswer, SqliteRequest, SqliteThreadOptions } from './sqlite-thread.ts'
import { ThreadCalls } from './thread-calls.ts'

/** Kysely over one connection that lives in a thread of its own. */
export class SqliteThreadDialect implements Dialect {
  readonly #options: SqliteThreadOptions
  constructor(options: SqliteThreadOptions) {
    this.#options = options
  }
  createDriver(): Driver {
    return new SqliteThreadDriver(this.#options)
  }
  createQueryCompiler() {
    return new SqliteQueryCompiler()
  }
  createAdapter() {
    return new SqliteAdapter()
  }
  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(database)
  }
}

class SqliteThreadDriver implements Driver {
  readonly #options: SqliteThreadOptions
  #connection: ThreadConnection | null = null
  /** The end of the queue of those who hold or await the connection. */
  #turn: Promise<void> = Promise.resolve()
  #release: (() => void) | null = null

  constructor(options: SqliteThreadOptions) {
    this.#options = options
  }

  async init() {
    this.#connection = await ThreadConnection.open(this.#options)
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    await before
    this.#release = resolve
    if (!this.#connection) throw new Error('the database is closed')
    return this.#connection
  }

  async releaseConnection() {
    this.#release?.()
  }

  async beginTransaction(connection: DatabaseConnection) {
    // IMMEDIATE: a writer never has to upgrade a read lock, so it never fails half-way with SQLITE_BUSY.
    await (connection as ThreadConnection).run(this.#options.readOnly ? 'begin' : 'begin immediate')
  }

  async commitTransaction(connection: DatabaseConnection) {
    await (connection as ThreadConnection).run('commit')
  }

  async rollbackTransaction(connection: DatabaseConnection) {
    try {
      await (connection as ThreadConnection).run('rollback')
    } catch (error) {
      // Trouble of the disk has rolled it back already (https://sqlite.org/lang_transaction.html, 3): that trouble is what
      // went wrong, and whoever waits for the disk has to see it.
      if (!/no transaction is active/.test((error as Error).message)) throw error
    }
  }

  async destroy() {
    await this.#connection?.close()
    this.#connection = null
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #calls: ThreadCalls<SqliteRequest>

  private constructor(calls: ThreadCalls<SqliteRequest>) {
    this.#calls = calls
  }

  static async open(options: SqliteThreadOptions): Promise<ThreadConnection> {
    return new ThreadConnection(await ThreadCalls.open(new URL('./sqlite-thread.ts', import.meta.url), options))
  }

  run(sql: string, parameters: readonly unknown[] = []): Promise<SqliteAnswer> {
    return this.#calls.call({ sql, parameters })
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes, lastId } = await this.run(sql, parameters)
    return { rows: rows as R[], numAffectedRows: changes, insertId: lastId }
  }

  // biome-ignore lint/correctness/useYield: a cursor held open across an await would let the WAL grow (guarantee 2)
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('page by key instead of streaming')
  }

  close(): Promise<void> {
    return this.#calls.close()
  }
}
