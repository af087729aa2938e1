import { once } from 'node:events'
import type { SQLInputValue } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
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
import type { SqliteReply, SqliteRequest, SqliteThreadOptions } from './sqlite-thread.ts'

/** A statement that SQLite refused; `errcode` is SQLite's extended result code (https://sqlite.org/rescode.html). */
export class SqliteError extends Error {
  readonly code = 'sqlite'
  readonly errcode: number | null
  constructor(message: string, errcode: number | null) {
    super(message)
    this.errcode = errcode
  }
}

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
    await (connection as ThreadConnection).run('rollback')
  }

  async destroy() {
    await this.#connection?.close()
    this.#connection = null
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(reply: SqliteReply): void; reject(error: Error): void }>()
  #lastId = 0

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: SqliteReply) => {
      this.#waiting.get(reply.id)?.resolve(reply)
      this.#waiting.delete(reply.id)
    })
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the database is closed')))
  }

  static async open(options: SqliteThreadOptions): Promise<ThreadConnection> {
    const worker = new Worker(new URL('./sqlite-thread.ts', import.meta.url), { workerData: options })
    await once(worker, 'message') // 'ready'; rejects with the error that opening met
    return new ThreadConnection(worker)
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<Exclude<SqliteReply, { error: string }>> {
    const id = ++this.#lastId
    const reply = await new Promise<SqliteReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, sql, parameters: parameters as SQLInputValue[] } satisfies SqliteRequest)
    })
    if ('error' in reply) throw new SqliteError(reply.error, reply.errcode)
    return reply
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes, lastId } = await this.run(sql, parameters)
    return { rows: rows as R[], numAffectedRows: changes, insertId: lastId }
  }

  // biome-ignore lint/correctness/useYield: a cursor held open across an await would let the WAL grow (guarantee 2)
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('page by key instead of streaming')
  }

  async close() {
    const gone = once(this.#worker, 'exit')
    this.#worker.postMessage('close')
    await gone
  }
}
