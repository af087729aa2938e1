import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Settings } from '../../settings.ts'
import type { ProgramRequest } from '../program.ts'
import { MessageWriter } from './message-writer.ts'
import { mayReadRun, type RunEnd, type RunOwner, type RunRead, type RunReader } from './run.ts'
import { RunRows } from './run-rows.ts'

/** What one answer holds: more is read with the next cursor. */
const MOST_MESSAGES = 5000
export const JOB_KIND = 'program'

export interface RunsPorts {
  database: StateDatabase
  settings: Pick<Settings, 'programsPerUser' | 'programsWaiting'>
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'get'>
  /** Why none can be run now; null: they can. */
  refusal(): Promise<string | null>
  /** Milliseconds UTC. */
  now(): number
  /** Told of runs that have more to say, or have ended. */
  onWritten(run: string, bytes: number, hasEnded: boolean): void
}

/** Runs of programs: asked for, read while they run and after, ended by who asked. */
export class ProgramRuns {
  /** For what runs them, and keeps them. */
  readonly rows: RunRows
  readonly #ports: RunsPorts
  readonly #writer: MessageWriter
  /** Who waits for more of a run. */
  readonly #watchers = new Map<string, Set<() => void>>()
  /** Those that are to end by order, until they have. */
  readonly #stopped = new Set<string>()

  constructor(ports: RunsPorts) {
    const { database, now, onWritten } = ports
    this.#ports = ports
    this.rows = new RunRows(database, now)
    this.#writer = new MessageWriter({
      ...{ database, now },
      onWritten: (run, bytes, hasEnded) => {
        for (const tell of this.#watchers.get(run) ?? []) tell()
        if (hasEnded) this.#stopped.delete(run)
        onWritten(run, bytes, hasEnded)
      },
    })
  }

  /**
   * Has a program run when it is its owner's turn.
   * @param language its name, as the request's files are written in
   * @returns the run's id; or why it is not taken, for whoever asked
   */
  async add(
    { account, name }: RunOwner,
    request: ProgramRequest,
    language: string,
  ): Promise<{ identifier: string } | { refused: string }> {
    const refused = await this.#ports.refusal()
    if (refused !== null) return { refused }
    const id = this.rows.newId()
    const jobs = this.#ports.jobs()
    const busy = await this.#ports.database.write.transaction().execute(async (transaction) => {
      const why = await this.#busy(transaction, account)
      if (why !== null) return why
      const job = await jobs.add(transaction, JOB_KIND, null, { run: id, account, language }, { owner: name })
      await this.rows.add(transaction, { id, job: job.id, owner: account, language }, request)
      return null
    })
    if (busy !== null) return { refused: busy }
    jobs.wake('programs')
    return { identifier: id }
  }

  /**
   * @param from the cursor: how many messages the reader has
   * @returns null where there is no such run, or not for this reader
   */
  async read(reader: RunReader, id: string, from: number): Promise<RunRead | null> {
    // Its state first: of a run that has ended all messages are there.
    const row = await this.rows.find(id)
    if (!row || !mayReadRun(reader, row.owner)) return null
    const messages = await this.rows.messages(id, Math.max(0, Math.trunc(from)), MOST_MESSAGES)
    const { state, status } = row
    const completed = (state === 'SUCCESS' || state === 'FAILURE') && messages.length < MOST_MESSAGES
    return completed
      ? { messages, status: status ?? 0, completed, message: state }
      : { messages, status: 0, completed, message: 'PENDING' }
  }

  /**
   * Resolves when a run has more than `from` messages or has ended, with the signal, and where there is no such run: who
   * reads again then finds out which.
   */
  async changed(id: string, from: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(resolve))
    const onAbort = () => resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal.aborted || (await this.#hasMore(id, from))) return
      await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      watchers.delete(resolve)
      if (watchers.size === 0) this.#watchers.delete(id)
    }
  }

  /** Ends a run, or has it not begin. @returns false where there is no such run, or not for this reader */
  async cancel(reader: RunReader, id: string): Promise<boolean> {
    const row = await this.rows.find(id)
    if (!row || !mayReadRun(reader, row.owner)) return false
    if (row.state === 'SUCCESS' || row.state === 'FAILURE') return true
    // One that runs is ended by its job; of one that waits nobody else would say that it is over.
    this.#stopped.add(id)
    const job = await this.#ports
      .jobs()
      .cancel(row.job)
      .catch(() => null)
    if (job?.state !== 'running') await this.#writer.end(id, STOPPED)
    return true
  }

  /** Whether somebody has stopped it who may. */
  isStopped(id: string): boolean {
    return this.#stopped.has(id)
  }

  /** What a run has to say. Resolves when more may be said. */
  say(id: string, messages: RunRead['messages']): Promise<void> {
    return this.#writer.take(id, messages)
  }

  /** Resolves when it stands there. */
  end(id: string, end: RunEnd): Promise<void> {
    return this.#writer.end(id, end)
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  async #hasMore(id: string, from: number): Promise<boolean> {
    const row = await this.rows.find(id)
    if (!row || row.finished_at !== null) return true
    return (await this.rows.messages(id, from, 1)).length > 0
  }

  async #busy(transaction: Kysely<StateTables>, account: string): Promise<string | null> {
    const { programsPerUser, programsWaiting } = this.#ports.settings
    if ((await this.rows.countOpenOf(transaction, account)) >= programsPerUser)
      return `${programsPerUser} of your programs wait or run already: try again when one of them has ended`
    if ((await this.rows.countQueued(transaction)) >= programsWaiting)
      return `the server is busy: ${programsWaiting} programs wait already; try again in a minute`
    return null
  }
}

/** As of a program that somebody ends with Ctrl+C. */
export const STOPPED: RunEnd = {
  isSuccess: false,
  status: 130,
  messages: [{ type: 'internal_error', data: 'it was stopped' }],
}
