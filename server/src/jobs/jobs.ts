import type { Kysely } from 'kysely'
import { isBeingRenamed } from '../database/camera-rows.ts'
import type { Events } from '../database/events.ts'
import type { JobLineRow, JobRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { badRequest, conflict, HttpError, notFound } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'
import { Attempt } from './attempt.ts'
import { type Doable, type HandledKind, type LineLevel, matchHandlers } from './handlers.ts'
import { type JobFilter, type JobOptions, JobRows } from './job-rows.ts'
import { type JobKind, LANES, type Lane } from './kinds.ts'
import { LaneLoop } from './lane.ts'
import { JobLines } from './lines.ts'
import { interrupted, MOST_CRASHES } from './outcome.ts'
import { Performing, type Surroundings } from './performing.ts'
import { Turns } from './turns.ts'
import { isDue, nextTime, TakenCameras } from './waiting.ts'

export type { HandledKind, JobContext, JobHandler } from './handlers.ts'

export interface JobsPorts extends Surroundings {
  database: StateDatabase
  events: Events
  kinds: readonly JobKind[]
  /** One of each kind: `start` fails otherwise. */
  handlers: readonly HandledKind[]
  /** Whether jobs of that lane can be done now; the other lane goes on. */
  canBegin(lane: Lane): boolean
  /** Whether one more of that lane finds room beside those that run, and those that may begin and wait; without it, always. */
  hasRoom?(lane: Lane, jobs: LaneCounts): boolean
  /** A text that others may have written, without secrets that are known. */
  clean(text: string): string
}

/** How many jobs of each lane run, and how many wait that may begin now. */
export interface LaneCounts {
  running: Record<Lane, number>
  due: Record<Lane, number>
}

/**
 * Those of the laboratory are counted by themselves: analysts do not keep a training from being asked for. So are programs,
 * by whoever asks for them.
 */
const MAX_QUEUED = 100
/** Of these one account may have so many: it does not fill the queue for everybody. */
const MAX_OF_ACCOUNT = 20
/** The clock may be set: whoever waits for a time is looked at so often. */
const LOOK_MS = 60_000
const PAST_MS = 60_000
const YEAR_MS = 366 * 86_400_000

/**
 * Long work, durable: a few jobs of each lane at a time, and never two of one camera. What was running when the server or
 * its worker ended runs again, but not for ever; what the machine made fail is put off and tried again.
 */
export class Jobs {
  readonly #ports: JobsPorts
  readonly #rows: JobRows
  readonly #lines: JobLines
  readonly #performing: Performing
  readonly #taken: TakenCameras
  readonly #lanes: Map<Lane, LaneLoop[]>
  readonly #running = new Map<string, Attempt>()
  /** Who chooses a job sees what the other lane has chosen. */
  readonly #choosing = new InTurn(1)
  /** Where many ask, accounts take turns. */
  readonly #turns = new Map<Lane, Turns>([
    ['laboratory', new Turns()],
    ['programs', new Turns()],
  ])
  #kinds = new Map<string, Doable>()
  #timer: NodeJS.Timeout | undefined
  #isClosing = false
  #heldUpSince: number | null = null

  constructor(ports: JobsPorts) {
    const { database, events, now, clean } = ports
    this.#ports = ports
    this.#rows = new JobRows(database, events, now)
    this.#lines = new JobLines(database, { now, clean })
    const shared = { rows: this.#rows, lines: this.#lines, isClosing: () => this.#isClosing }
    this.#performing = new Performing({ ...ports, ...shared })
    this.#taken = new TakenCameras(database)
    const loopOf = (lane: Lane) =>
      new LaneLoop(
        () => this.#performNext(lane),
        (err) => ports.logOf('jobs').warn({ err, lane }, 'jobs cannot go on; trying again'),
      )
    const lanes = Object.entries(LANES) as [Lane, number][]
    this.#lanes = new Map(lanes.map(([lane, atOnce]) => [lane, Array.from({ length: atOnce }, () => loopOf(lane))]))
  }

  /** For how long a job has waited because what its lane needs is not there; 0 where none does. */
  get heldUpForMs(): number {
    return this.#heldUpSince === null ? 0 : performance.now() - this.#heldUpSince
  }

  /** @throws Error where a kind has no handler, or two */
  async start() {
    const { kinds, handlers, database, now } = this.#ports
    this.#kinds = matchHandlers(kinds, handlers)
    const crashed = database.write.updateTable('jobs').where('state', '=', 'running')
    const followed = kinds.filter(({ isFollowed }) => isFollowed).map(({ name }) => name)
    await crashed
      .where('kind', 'not in', followed)
      .where(({ eb }) => eb(eb('starts', '-', eb.ref('failures')), '>=', MOST_CRASHES))
      .set({ state: 'failed', error_json: JSON.stringify(interrupted(MOST_CRASHES)), finished_at: now() })
      .execute()
    await crashed.set({ state: 'queued' }).execute()
    this.wake()
  }

  /**
   * @returns the job that was added
   * @throws HttpError 400 `bad_time`, `start_in_past`, `start_too_late`; 409 `queue_full`, `being_renamed`
   */
  async create(
    kind: string,
    camera: string | null,
    params: Record<string, unknown>,
    options: JobOptions = {},
  ): Promise<JobRow> {
    checkStart(options.runAt ?? null, this.#ports.now())
    const row = await this.#ports.database.write.transaction().execute(async (transaction) => {
      if (await this.isFull(transaction, this.#laneOf(kind)))
        throw conflict('queue_full', `${MAX_QUEUED} jobs wait already`)
      if (camera !== null && (await isBeingRenamed(transaction, camera)))
        throw conflict('being_renamed', `${camera}, or a camera that it learns from, is being renamed: ask again then`)
      return this.add(transaction, kind, camera, params, options)
    })
    this.wake()
    return row
  }

  /** Adds a job together with its cause, however many wait. Call `wake` once that is committed. */
  add(
    transaction: Kysely<StateTables>,
    kind: string,
    camera: string | null,
    params: Record<string, unknown>,
    options: JobOptions = {},
  ): Promise<JobRow> {
    return this.#rows.add(transaction, kind, camera, params, options)
  }

  /** Whether as many wait as may, where accounts take turns or in the other lanes together. */
  async isFull(transaction: Kysely<StateTables>, lane: Lane = 'server'): Promise<boolean> {
    const waiting = await this.#rows.countQueued(transaction)
    const together = (one: Lane) => (this.#turns.has(one) ? one : 'server')
    const ofLane = waiting.filter(({ kind }) => together(this.#laneOf(kind)) === together(lane))
    return ofLane.reduce((sum, { jobs }) => sum + jobs, 0) >= MAX_QUEUED
  }

  /**
   * Whether the laboratory takes one more that an account calls for.
   * @returns why it does not; null where it does
   */
  async refusalFor(transaction: Kysely<StateTables>, account: string): Promise<HttpError | null> {
    const own = await this.#rows.countQueuedFor(transaction, account)
    const most = MAX_OF_ACCOUNT
    if (own >= most) {
      const why = `${own} tasks and operations of yours wait already, and ${most} may: ask again when some of them have ended`
      return new HttpError(429, 'too_many_waiting', why)
    }
    if (!(await this.isFull(transaction, 'laboratory'))) return null
    return new HttpError(
      503,
      'queue_full',
      'too many tasks and operations wait already: ask again when some have ended',
    )
  }

  /** Looks for jobs that wait. @param only in that lane: those of the others are not looked for before */
  wake(only?: Lane) {
    for (const lane of only ? [only] : this.#lanes.keys()) this.#wakeOneOf(lane)
  }

  /** @throws HttpError 404 */
  async get(id: string): Promise<JobRow> {
    const row = await this.#rows.find(id)
    if (!row) throw notFound(`the job ${id}`)
    return row
  }

  /** Lets jobs go that have ended, with their lines, together with what they were about. */
  remove(transaction: Kysely<StateTables>, ids: readonly string[]): Promise<void> {
    return this.#rows.remove(transaction, ids)
  }

  /** The newest first; of kinds that pass by only where such a kind is asked for. */
  list(filter: Omit<JobFilter, 'without'>): Promise<JobRow[]> {
    const passing = this.#ports.kinds.filter(({ isPassing }) => isPassing).map(({ name }) => name)
    return this.#rows.list({ ...filter, without: filter.kind === undefined ? passing : [] })
  }

  /** What a job had to say. @param after only lines with a higher `seq` @throws HttpError 404 */
  async lines(id: string, after = 0): Promise<JobLineRow[]> {
    await this.get(id)
    return this.#lines.of(id, after)
  }

  /** What the process of a job printed, which stands in the server's log already. */
  said(id: string, level: LineLevel, text: string) {
    this.#lines.say(id, level, text)
  }

  /** @throws HttpError 404; 409 `job_ended`, `not_cancellable` */
  async cancel(id: string): Promise<JobRow> {
    const { state, kind } = await this.get(id)
    const isOpen = state === 'queued' || state === 'running'
    if (isOpen && this.#kinds.get(kind)?.isFollowed) throw notCancellable(kind)
    const running = this.#running.get(id)
    if (running) running.stop('cancelled')
    else if (state === 'queued') {
      await this.#rows.change(id, { state: 'cancelled', finished_at: this.#ports.now() })
      this.wake() // perhaps it was the one that was held up
    } else throw conflict('job_ended', `this job is ${state} already`)
    return this.get(id)
  }

  /** Stops what runs; it is done again after the next start. */
  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    for (const attempt of this.#running.values()) attempt.stop('closing')
    await Promise.all([...this.#lanes.values()].flat().map((loop) => loop.close()))
    await this.#lines.close()
  }

  async #performNext(lane: Lane): Promise<boolean> {
    const attempt = await this.#choosing.run(() => this.#choose(lane))
    if (!attempt) return false
    const { id } = attempt.job
    this.#wakeOneOf(lane) // there may be one more
    try {
      await this.#performing.perform(attempt)
    } finally {
      this.#running.delete(id)
      void attempt.ended.then(() => {
        this.#taken.giveBack(id)
        this.wake() // the other lane may have waited for its camera
      })
    }
    return true
  }

  /** One that looks is enough, and has the next one look where it found something: a lane may have many. */
  #wakeOneOf(lane: Lane) {
    const loops = this.#lanes.get(lane) ?? []
    const idle = loops.find(({ isIdle }) => isIdle)
    // Where all are at something, whoever comes to its end first looks again.
    for (const loop of idle ? [idle] : loops) loop.wake()
  }

  /** The first job that may begin now; its cameras are taken then. */
  async #choose(lane: Lane): Promise<Attempt | null> {
    const { canBegin, hasRoom, now } = this.#ports
    const queued = await this.#rows.queued()
    this.#arrangeLook(nextTime(queued, now()))
    const due = queued.filter((job) => isDue(job, now()))
    const isHeldUp = due.some(({ kind }) => !canBegin(this.#laneOf(kind)))
    this.#heldUpSince = isHeldUp ? (this.#heldUpSince ?? performance.now()) : null
    const running = [...this.#running.values()]
    const counts = {
      running: countsOf(running.map(({ kind }) => kind.lane)),
      due: countsOf(due.map(({ kind }) => this.#laneOf(kind))),
    }
    const isOpen = canBegin(lane) && (hasRoom?.(lane, counts) ?? true)
    const ofLane = running.filter(({ kind }) => kind.lane === lane).map(({ job }) => job)
    const hasOne = (kind: Doable) => ofLane.filter((job) => job.kind === kind.name).length < kind.atOnce()
    const turns = this.#turns.get(lane)
    for (const job of turns?.order(due, ofLane) ?? due) {
      const kind = this.#kinds.get(job.kind)
      if (!kind) await this.#performing.refuse(job)
      else if (isOpen && kind.lane === lane && hasOne(kind) && (await this.#taken.take(job))) {
        // Closed while it was looked for: nobody would end what begins now.
        if (this.#isClosing) return null
        const attempt = new Attempt(job, kind)
        this.#running.set(job.id, attempt)
        turns?.take(job)
        return attempt
      }
    }
    return null
  }

  #laneOf(kind: string): Lane {
    return this.#kinds.get(kind)?.lane ?? 'server'
  }

  /** Looks again when the next job may begin, and often enough for a clock that is set. */
  #arrangeLook(at: number | null) {
    clearTimeout(this.#timer)
    if (at === null || this.#isClosing) return
    const delayMs = Math.min(Math.max(at - this.#ports.now(), 0), LOOK_MS)
    this.#timer = setTimeout(() => this.wake(), delayMs)
  }
}

function countsOf(lanes: Lane[]): Record<Lane, number> {
  const counts = { worker: 0, laboratory: 0, programs: 0, server: 0, outward: 0, deploy: 0 }
  for (const lane of lanes) counts[lane] += 1
  return counts
}

function checkStart(runAt: number | null, now: number) {
  if (runAt === null) return
  if (!Number.isFinite(runAt)) throw badRequest('bad_time', 'there is no such time', 'startAt')
  const past = `${new Date(runAt).toISOString()} is over: it is ${new Date(now).toISOString()} here`
  if (runAt < now - PAST_MS) throw badRequest('start_in_past', `${past}; leave startAt out to begin at once`, 'startAt')
  if (runAt > now + YEAR_MS) throw badRequest('start_too_late', 'a job waits for a year at most', 'startAt')
}

function notCancellable(kind: string) {
  return conflict(
    'not_cancellable',
    `a ${kind} is done outside of this server, to its end: it goes back by itself if it fails`,
  )
}
