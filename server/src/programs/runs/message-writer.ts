import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { isDiskTrouble } from '../../database/until-written.ts'
import type { Message } from '../program.ts'
import type { RunEnd } from './run.ts'
import { ROW_BYTES } from './run-rows.ts'

/** Whoever polls or watches notices no more than this; a transaction for each line would be one for each line. */
const BETWEEN_MS = 50
/** While the disk refuses, and where programs print faster than it writes: whoever brings more waits. */
const MOST_WAITING = 5000
/** What the worker bounds better: a run never has more rows than that. */
const MOST_OF_RUN = 30_000
/** Five values a row, of the 32,766 that SQLite takes in a statement. */
const ROWS = 1000
const RETRY_MS = 500

interface Batch {
  messages: Message[]
  end: RunEnd | null
  /** Why it could not be written, which was no fault of the disk. */
  failed: Error | null
}

export interface WriterPorts {
  database: StateDatabase
  /** Milliseconds UTC. */
  now(): number
  /** Told of runs that have more to say now, or have ended, after that is written. @param bytes what its new messages take */
  onWritten(run: string, bytes: number, hasEnded: boolean): void
}

/** Writes what runs have to say, all of them together a few times a second, and how they end, behind all that they said. */
export class MessageWriter {
  readonly #ports: WriterPorts
  #batches = new Map<string, Batch>()
  #waiting = 0
  /** Whether a run has ended that waits to be written. */
  #hasEnd = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | null = null
  #written = Promise.withResolvers<void>()
  #isClosing = false

  constructor(ports: WriterPorts) {
    this.#ports = ports
  }

  /**
   * Resolves at once, but where so much waits to be written that whoever brings it has to wait. In closing nothing is taken:
   * its run's end is not taken either, and the next start says that it was broken off.
   */
  async take(run: string, messages: readonly Message[]): Promise<void> {
    if (this.#isClosing) return
    this.#batchOf(run).messages.push(...messages)
    this.#waiting += messages.length
    this.#arrange()
    if (this.#waiting > MOST_WAITING) await this.#written.promise
  }

  /** Resolves when it stands there, with all that was said before. A run that has ended already stays as it is. */
  async end(run: string, end: RunEnd): Promise<void> {
    if (this.#isClosing) return // the next start ends it
    const batch = this.#batchOf(run)
    batch.end ??= end
    this.#hasEnd = true
    const { promise } = this.#written // of what is written now, or after what is being written
    this.#arrange()
    await promise
    if (batch.failed) throw batch.failed
  }

  /** Writes what waits. What the disk refuses then is lost: the next start finds its runs unfinished, and ends them. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#writing
    if (this.#batches.size > 0) await this.#write().catch(() => {})
    this.#written.resolve()
  }

  #batchOf(run: string): Batch {
    const batch = this.#batches.get(run) ?? { messages: [], end: null, failed: null }
    this.#batches.set(run, batch)
    return batch
  }

  /**
   * A run that has ended is not waited for, and is written with what it said: one that is short takes a single transaction. The
   * disk has each of them before the next, and frames wait for it as well.
   */
  #arrange() {
    if (this.#writing || this.#isClosing) return
    if (this.#hasEnd) this.#writeNow()
    else this.#timer ??= setTimeout(() => this.#writeNow(), BETWEEN_MS)
  }

  #writeNow() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#write().finally(() => {
      this.#writing = null
      if (this.#batches.size > 0) this.#arrange()
    })
  }

  async #write() {
    const batches = this.#batches
    const written = this.#written
    this.#batches = new Map()
    this.#waiting = 0
    this.#hasEnd = false
    this.#written = Promise.withResolvers()
    try {
      await this.#untilWritten(batches)
      written.resolve()
    } catch (error) {
      written.promise.catch(() => {}) // where nobody waits for it
      written.reject(error)
      return
    }
    for (const [run, { messages, end, failed }] of batches)
      if (!failed) this.#ports.onWritten(run, bytesOf([...messages, ...(end?.messages ?? [])]), end !== null)
  }

  async #untilWritten(batches: ReadonlyMap<string, Batch>) {
    for (;;) {
      try {
        await this.#ports.database.write.transaction().execute(async (transaction) => {
          for (const [run, batch] of batches) await this.#tryBatch(transaction, run, batch)
        })
        return
      } catch (error) {
        if (!isDiskTrouble(error) || this.#isClosing) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  /** What of one run cannot be written takes nothing along of the others. */
  async #tryBatch(transaction: Kysely<StateTables>, run: string, batch: Batch) {
    await sql`savepoint one_run`.execute(transaction)
    try {
      await this.#writeBatch(transaction, run, batch)
    } catch (error) {
      if (isDiskTrouble(error)) throw error // all of it is tried again
      await sql`rollback to one_run`.execute(transaction)
      batch.failed = error as Error
    }
    await sql`release one_run`.execute(transaction)
  }

  async #writeBatch(transaction: Kysely<StateTables>, run: string, { messages, end }: Batch) {
    const { now } = this.#ports
    const open = transaction
      .selectFrom('program_runs')
      .where('id', '=', run)
      .where('state', 'in', ['QUEUED', 'RUNNING'])
      .select(({ selectFrom }) =>
        selectFrom('program_messages')
          .select(({ fn }) => fn.max('seq').as('last'))
          .where('run', '=', run)
          .as('last'),
      )
    const row = await open.executeTakeFirst()
    if (!row) return // ended, or gone
    const next = (row.last ?? -1) + 1
    const rows = [...messages.slice(0, Math.max(0, MOST_OF_RUN - next)), ...(end?.messages ?? [])].map(
      ({ type, data, ref }, i) => ({ run, seq: next + i, type, data, ref: ref ?? null }),
    )
    for (let at = 0; at < rows.length; at += ROWS)
      await transaction
        .insertInto('program_messages')
        .values(rows.slice(at, at + ROWS))
        .execute()
    if (!end) return
    const { isSuccess, status } = end
    await transaction
      .updateTable('program_runs')
      .set({ state: isSuccess ? 'SUCCESS' : 'FAILURE', status, finished_at: now() })
      .where('id', '=', run)
      .execute()
    await transaction.deleteFrom('program_requests').where('run', '=', run).execute()
  }
}

export function bytesOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { data }) => sum + ROW_BYTES + Buffer.byteLength(data), 0)
}
