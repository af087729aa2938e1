import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { isBeingRenamed } from '../database/camera-rows.ts'
import type { Events } from '../database/events.ts'
import type { JobRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import { WorkerLostError } from './worker/messages.ts'

/** What a job is told to do, and how it tells how far it is. */
export interface JobContext {
  id: string
  camera: string | null
  params: Record<string, unknown>
  /** Ends the work; the job is then `cancelled`. */
  signal: AbortSignal
  /** @param progress 0..1 within the whole job */
  report(phase: string, progress: number): void
}

/** Does one kind of job. Run twice, it must leave what one run leaves. */
export type JobHandler = (context: JobContext) => Promise<object>

/** An error that says what to do keeps its code in the job. */
interface CodedError extends Error {
  code?: string
}

const CANCELLED = { code: 'cancelled', message: 'the job was cancelled' }
const MAX_QUEUED = 100
/** A job that has taken the server down so often is not what the next start begins with. */
const MOST_STARTS = 3
const INTERRUPTED = {
  code: 'interrupted',
  message: `the server or its job worker ended ${MOST_STARTS} times while this job ran: see their logs, then ask for the job again`,
}
const REPORT_MS = 100
const RETRY_MS = 500

/** Long work, one job at a time, durable: what was running when the server or its worker ended runs again, but not for ever. */
export class Jobs {
  readonly #database: StateDatabase
  readonly #events: Events
  readonly #handlers: Record<string, JobHandler>
  readonly #canBegin: (kind: string) => boolean
  readonly #running = new Map<string, AbortController>()
  #woken = false
  #looping = false
  #loop: Promise<void> = Promise.resolve()
  #closing = false
  #heldUpSince: number | null = null

  /** @param canBegin whether jobs of that kind can be done now; others go before those that cannot */
  constructor(
    database: StateDatabase,
    events: Events,
    handlers: Record<string, JobHandler>,
    canBegin: (kind: string) => boolean = () => true,
  ) {
    this.#database = database
    this.#events = events
    this.#handlers = handlers
    this.#canBegin = canBegin
  }

  /** For how long a job has waited because what its kind needs is not there; 0 where none does. */
  get heldUpForMs(): number {
    return this.#heldUpSince === null ? 0 : performance.now() - this.#heldUpSince
  }

  async start() {
    const interrupted = this.#database.write.updateTable('jobs').where('state', '=', 'running')
    await interrupted
      .where('starts', '>=', MOST_STARTS)
      .set({ state: 'failed', error_json: JSON.stringify(INTERRUPTED), finished_at: Date.now() })
      .execute()
    await interrupted.set({ state: 'queued' }).execute()
    this.wake()
  }

  /** @throws HttpError 409 `queue_full`, `being_renamed` */
  async create(kind: string, camera: string | null, params: Record<string, unknown>): Promise<JobRow> {
    const row = await this.#database.write.transaction().execute(async (transaction) => {
      const queued = await queuedIn(transaction)
      if (queued.length >= MAX_QUEUED) throw conflict('queue_full', `${MAX_QUEUED} jobs wait already`)
      if (camera !== null && (await isBeingRenamed(transaction, camera)))
        throw conflict('being_renamed', `${camera}, or a camera that it learns from, is being renamed: ask again then`)
      return this.add(transaction, kind, camera, params)
    })
    this.wake()
    return row
  }

  /** Adds a job together with its cause, however many wait. Call `wake` once that is committed. */
  async add(
    transaction: Kysely<StateTables>,
    kind: string,
    camera: string | null,
    params: Record<string, unknown>,
  ): Promise<JobRow> {
    const row: JobRow = {
      id: randomUUID(),
      kind,
      camera,
      state: 'queued',
      phase: null,
      progress: 0,
      params_json: JSON.stringify(params),
      result_json: null,
      error_json: null,
      created_at: Date.now(),
      started_at: null,
      finished_at: null,
      starts: 0,
      owner: null,
      run_at: null,
      failures: 0,
      schedule: null,
      once_key: null,
    }
    await transaction.insertInto('jobs').values(row).execute()
    return row
  }

  /** Looks for jobs that wait. */
  wake() {
    this.#woken = true
    if (this.#looping) return
    this.#looping = true
    this.#loop = this.#run()
  }

  async get(id: string): Promise<JobRow> {
    const row = await this.#database.read.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw notFound(`the job ${id}`)
    return row
  }

  list(limit: number): Promise<JobRow[]> {
    return this.#database.read.selectFrom('jobs').selectAll().orderBy('created_at', 'desc').limit(limit).execute()
  }

  async cancel(id: string): Promise<JobRow> {
    const { state } = await this.get(id)
    const running = this.#running.get(id)
    if (running) running.abort()
    else if (state === 'queued') {
      await this.#change(id, { state: 'cancelled', finished_at: Date.now() })
      this.wake() // perhaps it was the one that was held up
    } else throw conflict('job_ended', `this job is ${state} already`)
    return this.get(id)
  }

  /** Stops what runs; it is done again after the next start. */
  async close() {
    this.#closing = true
    for (const controller of this.#running.values()) controller.abort()
    await this.#loop
  }

  async #run() {
    while (this.#woken && !this.#closing) {
      this.#woken = false
      try {
        await this.#performQueued()
      } catch {
        // The disk refuses: what a job has come to is written when it works again, or found out by the next start.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        this.#woken = true
      }
    }
    this.#looping = false
  }

  async #performQueued() {
    for (;;) {
      const queued = await queuedIn(this.#database.write) // it sees a job that was inserted just now
      const next = queued.find(({ kind }) => this.#canBegin(kind))
      const heldUp = queued.some(({ kind }) => !this.#canBegin(kind))
      this.#heldUpSince = heldUp ? (this.#heldUpSince ?? performance.now()) : null
      if (!next || this.#closing) return // closed while it was looked for: nobody would end what begins now
      await this.#perform(next)
    }
  }

  async #perform(job: JobRow) {
    const controller = new AbortController()
    this.#running.set(job.id, controller)
    try {
      const starts = job.starts + 1
      const begun = await this.#change(job.id, {
        state: 'running',
        started_at: Date.now(),
        progress: 0,
        phase: null,
        starts,
      })
      if (!begun) return // cancelled an instant before
      const outcome = await this.#outcomeOf({ ...job, starts }, controller.signal)
      if (this.#closing && outcome.state !== 'done') {
        // Stopped in order, it runs again and is none the worse; where the disk refuses, its row says `running` still.
        await this.#change(job.id, { state: 'queued', starts: job.starts }).catch(() => {})
        return
      }
      await this.#settle(job.id, outcome.state === 'queued' ? outcome : { ...outcome, finished_at: Date.now() })
    } finally {
      this.#running.delete(job.id)
    }
  }

  async #outcomeOf(job: JobRow, signal: AbortSignal): Promise<Partial<JobRow>> {
    let reportedAt = Number.NEGATIVE_INFINITY
    let reporting: Promise<unknown> = Promise.resolve()
    const report = (phase: string, progress: number) => {
      if (performance.now() - reportedAt < REPORT_MS) return // a clock that is set back reports on
      reportedAt = performance.now()
      reporting = this.#change(job.id, { phase, progress }).catch(() => {}) // the next report tells more
    }
    try {
      signal.throwIfAborted() // it was cancelled while its row was written
      const handler = this.#handlers[job.kind]
      if (!handler) throw new Error(`nothing here does jobs of kind ${job.kind}`)
      const params = JSON.parse(job.params_json)
      const result = await handler({ id: job.id, camera: job.camera, params, signal, report })
      return { state: 'done', progress: 1, phase: null, result_json: JSON.stringify(result) }
    } catch (error) {
      if (signal.aborted) return { state: 'cancelled', error_json: JSON.stringify(CANCELLED) }
      if (error instanceof WorkerLostError) return afterLoss(job, error)
      const { code = 'failed', message } = error as CodedError
      return { state: 'failed', error_json: JSON.stringify({ code, message }) }
    } finally {
      await reporting
    }
  }

  /** Writes how a job ended, as soon as the disk takes it. */
  async #settle(id: string, change: Partial<JobRow>) {
    for (;;) {
      try {
        await this.#change(id, change)
        return
      } catch (error) {
        if (this.#closing) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  /** @returns whether the job had not ended before */
  async #change(id: string, change: Partial<JobRow>): Promise<boolean> {
    const events = await this.#database.write.transaction().execute(async (transaction) => {
      const row = await transaction
        .updateTable('jobs')
        .set(change)
        .where('id', '=', id)
        .where('state', 'in', ['queued', 'running'])
        .returningAll()
        .executeTakeFirst()
      if (!row) return []
      const { kind, camera, state, phase, progress } = row
      return this.#events.append(transaction, [{ kind: 'job', data: { id, kind, camera, state, phase, progress } }])
    })
    this.#events.publish(events)
    return events.length > 0
  }
}

/** The worker went away in the middle: that is not for ever the job's fault, but it may be. */
function afterLoss({ starts }: JobRow, { inOrder }: WorkerLostError): Partial<JobRow> {
  if (inOrder) return { state: 'queued', starts: starts - 1 }
  if (starts >= MOST_STARTS) return { state: 'failed', error_json: JSON.stringify(INTERRUPTED) }
  return { state: 'queued' }
}

function queuedIn(database: Kysely<StateTables>): Promise<JobRow[]> {
  return database.selectFrom('jobs').selectAll().where('state', '=', 'queued').orderBy('created_at').execute()
}
