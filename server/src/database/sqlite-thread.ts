import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply } from './thread-calls.ts'

/**
 * The thread that owns one connection to a SQLite file. node:sqlite is synchronous: here it may wait for the disk
 * without holding up the event loop of the server (guarantee 3).
 */

export interface SqliteThreadOptions {
  path: string
  readOnly: boolean
}

export interface SqliteRequest {
  sql: string
  parameters: readonly unknown[]
}

export interface SqliteAnswer {
  rows: unknown[]
  changes: bigint
  lastId: bigint
}

/** Larger than it grows between two checkpoints. */
const MOST_JOURNAL_BYTES = 16 * 1024 * 1024

const { path, readOnly } = workerData as SqliteThreadOptions
const port = parentPort
if (!port) throw new Error('sqlite-thread runs only as a worker thread')

const database = new DatabaseSync(path, { readOnly, timeout: 5000 })
if (!readOnly) {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
  // While somebody reads for long, as a backup does, the journal grows; then the disk has its room back.
  database.exec(`PRAGMA journal_size_limit = ${MOST_JOURNAL_BYTES}`)
  // What is removed leaves no bytes in the file: a purge promises that.
  database.exec('PRAGMA secure_delete = ON')
}

port.on('message', (request: (SqliteRequest & { id: number }) | 'close') => {
  if (request === 'close') {
    database.close()
    port.close()
    return
  }
  port.postMessage(replyTo(request))
})
port.postMessage('ready')

function replyTo({ id, sql, parameters }: SqliteRequest & { id: number }): ThreadReply {
  try {
    return { id, value: perform(sql, parameters as SQLInputValue[]) }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    return { id, error: message, errcode: errcode ?? null }
  }
}

function perform(sql: string, parameters: SQLInputValue[]): SqliteAnswer {
  const statement = database.prepare(sql)
  // `all` leaves no cursor open behind it (guarantee 2).
  if (statement.columns().length > 0) return { rows: statement.all(...parameters), changes: 0n, lastId: 0n }
  const { changes, lastInsertRowid } = statement.run(...parameters)
  return { rows: [], changes: BigInt(changes), lastId: BigInt(lastInsertRowid) }
}
