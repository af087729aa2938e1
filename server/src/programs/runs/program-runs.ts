import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Settings } from '../../settings.ts'
import type { ProgramRequest } from '../program.ts'
import { MessageWriter } from './message-writer.ts'
import { mayReadRun, OF_NOBODY, type RunEnd, type RunOwner, type RunRead, type RunReader } from './run.ts'
import { RunRows } from './run-rows.ts'

/**
 * What one answer holds: more is read with the next cursor. As JSON a byte may take six, and whoever knows the id may ask
 * again and again, from the first message on.
 */
const MOST = { messages: 5000, bytes: 256 * 1024 }
export const JOB_KIND = 'program'

export interface RunsPorts {
  database: StateDatabase
  settings: Pick<Settings, 'programsPerUser' | 'programsWaiting'>
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'get' | 'remove'>
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
    const { messages, hasMore } = await this.rows.messages(id, Math.max(0, Math.trunc(from)), MOST)
    const { state, status } = row
    const completed = (state === 'SUCCESS' || state === 'FAILURE') && !hasMore
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

  /** With all that they said, and with their jobs, which tell nothing that is not gone then. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#ports.database.write.transaction().execute(async (transaction) => {
      await this.#ports.jobs().remove(transaction, await this.rows.remove(transaction, ids))
    })
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
    return this.rows.hasMore(id, from)
  }

  async #busy(transaction: Kysely<StateTables>, account: string): Promise<string | null> {
    const { programsPerUser, programsWaiting } = this.#ports.settings
    if ((await this.rows.countOpenOf(transaction, account)) >= programsPerUser)
      return `${programsPerUser} of your programs wait or run already: try again when one of them has ended`
    const busy = (waiting: number) => `the server is busy: ${waiting} programs wait already; try again in a minute`
    if ((await this.rows.countQueued(transaction)) >= programsWaiting) return busy(programsWaiting)
    // Anybody may have as many addresses as he likes: who shows a token finds room beside all of them.
    const mostOfStrangers = Math.ceil(programsWaiting / 2)
    if (!account.startsWith(OF_NOBODY)) return null
    const ofStrangers = await this.rows.countQueued(transaction, { ofStrangers: true })
    return ofStrangers < mostOfStrangers ? null : busy(ofStrangers)
  }
}

/** As of a program that somebody ends with Ctrl+C. */
export const STOPPED: RunEnd = {
  isSuccess: false,
  status: 130,
  messages: [{ type: 'internal_error', data: 'it was stopped' }],
}
