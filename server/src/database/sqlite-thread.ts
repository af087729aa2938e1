import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * The thread that owns one connection to a SQLite file. node:sqlite is synchronous: here it may wait for the disk
 * without holding up the event loop of the server (guarantee 3).
 */

export interface SqliteThreadOptions {
  path: string
  readOnly: boolean
}

export interface SqliteRequest {
  id: number
  sql: string
  parameters: SQLInputValue[]
}

export type SqliteReply =
  | { id: number; rows: unknown[]; changes: bigint; lastId: bigint }
  | { id: number; error: string; errcode: number | null }

const { path, readOnly } = workerData as SqliteThreadOptions
const port = parentPort
if (!port) throw new Error('sqlite-thread runs only as a worker thread')

const database = new DatabaseSync(path, { readOnly, timeout: 5000 })
if (!readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')

port.on('message', (request: SqliteRequest | 'close') => {
  if (request === 'close') {
    database.close()
    port.close()
    return
  }
  port.postMessage(answer(request))
})
port.postMessage('ready')

function answer({ id, sql, parameters }: SqliteRequest): SqliteReply {
  try {
    const statement = database.prepare(sql)
    // A statement without columns writes; `all` on one that returns rows closes its cursor before we go on.
    if (statement.columns().length > 0) return { id, rows: statement.all(...parameters), changes: 0n, lastId: 0n }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { id, rows: [], changes: BigInt(changes), lastId: BigInt(lastInsertRowid) }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    return { id, error: message, errcode: errcode ?? null }
  }
}
