import { type Kysely, sql } from 'kysely'
import { isBeingRenamed } from '../../database/camera-rows.ts'
import type { ScheduleRow, StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Log } from '../../logging/levels.ts'
import type { Jobs } from '../jobs.ts'
import type { JobKind } from '../kinds.ts'
import { LaneLoop } from '../lane.ts'
import { nextRun } from './cron.ts'

export interface FiringPorts {
  database: StateDatabase
  kinds: readonly JobKind[]
  jobs: Pick<Jobs, 'add' | 'isFull' | 'wake'>
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
}

/** The clock may be set: it is looked at so often. */
const LOOK_MS = 60_000
/** No timezone is apart from itself by so much; a clock that was set back by more was wrong before. */
const DAY_MS = 86_400_000

/** What came of one time of a schedule. */
type Fired = { job: string } | { skipped: string } | { waits: string } | null

/**
 * Asks for the jobs of schedules when their time has come: each time once, whatever happens in between, for the job and the
 * next time stand in one transaction. Times that went by while nobody looked make one job.
 */
export class Firing {
  readonly #ports: FiringPorts
  readonly #loop = new LaneLoop(
    async () => {
      await this.#arrange(await this.fireDue())
      return false // there is nothing more to do now
    },
    (err) => this.#ports.log.warn({ err }, 'schedules cannot be looked at; trying again'),
  )
  #timer: NodeJS.Timeout | undefined
  #isClosing = false
  #lastLook = Number.POSITIVE_INFINITY
  /** Schedules whose time has come, and that wait: said once. */
  readonly #waiting = new Set<string>()

  constructor(ports: FiringPorts) {
    this.#ports = ports
  }

  start() {
    this.#loop.wake()
  }

  /** Looks what has to be done now, and when next. */
  wake() {
    this.#loop.wake()
  }

  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#loop.close()
  }

  /** Asks for the jobs whose time has come. @returns by when it had, milliseconds UTC */
  async fireDue(): Promise<number> {
    const now = this.#ports.now()
    if (now < this.#lastLook) await this.#mendTimes(now)
    this.#lastLook = now
    const due = await this.#armed.where('next_at', '<=', now).orderBy('next_at').execute()
    for (const { id } of due) if (!this.#isClosing) await this.#fire(id, now)
    return now
  }

  get #armed() {
    return this.#ports.database.read.selectFrom('schedules').selectAll().where('paused', '=', 0)
  }

  /** @param looked what was due by then was asked for, or waits */
  async #arrange(looked: number) {
    const next = await this.#armed.where('next_at', '>', looked).orderBy('next_at').limit(1).executeTakeFirst()
    clearTimeout(this.#timer)
    if (this.#isClosing) return
    const delayMs = next?.next_at ? Math.min(Math.max(next.next_at - this.#ports.now(), 0), LOOK_MS) : LOOK_MS
    this.#timer = setTimeout(() => this.#loop.wake(), delayMs)
  }

  async #fire(id: string, now: number) {
    const { database, log, jobs } = this.#ports
    let schedule: ScheduleRow | undefined
    const fired = await database.write.transaction().execute(async (transaction): Promise<Fired> => {
      schedule = await transaction
        .selectFrom('schedules')
        .selectAll()
        .where('id', '=', id)
        .where('paused', '=', 0)
        .where('next_at', '<=', now)
        .executeTakeFirst()
      return schedule ? this.#decide(transaction, schedule, now) : null
    })
    if (!fired || !schedule) return
    const { kind, camera } = schedule
    const fields = { schedule: id, camera }
    const isNew = !this.#waiting.has(id)
    if ('waits' in fired) {
      this.#waiting.add(id)
      if (isNew) log.warn(fields, `a scheduled ${kind} waits: ${fired.waits}`)
      return
    }
    this.#waiting.delete(id)
    if ('skipped' in fired) log.warn(fields, `a scheduled ${kind} was left out: ${fired.skipped}`)
    else {
      log.info({ ...fields, job: fired.job }, `a scheduled ${kind} was asked for`)
      jobs.wake()
    }
  }

  /** Adds the job, or not, and moves the schedule to its next time. */
  async #decide(transaction: Kysely<StateTables>, schedule: ScheduleRow, now: number): Promise<Fired> {
    const { jobs } = this.#ports
    const { id, kind, camera, owner, params_json, next_at } = schedule
    if (camera !== null && (await isBeingRenamed(transaction, camera))) return { waits: 'its camera is being renamed' }
    const at = next_at ?? now
    const onceKey = `schedule:${id}@${at}`
    const skipped = await this.#whyNot(transaction, schedule, onceKey)
    if (!skipped && (await jobs.isFull(transaction, this.#laneOf(kind)))) return { waits: 'too many jobs wait already' }
    const options = { owner, schedule: id, onceKey }
    const job = skipped ? null : await jobs.add(transaction, kind, camera, JSON.parse(params_json), options)
    await transaction
      .updateTable('schedules')
      .set({ next_at: nextRun(schedule, Math.max(now, at)), ...(job ? { last_job: job.id } : {}) })
      .where('id', '=', id)
      .execute()
    return job ? { job: job.id } : { skipped: skipped ?? '' }
  }

  #laneOf(kind: string) {
    return this.#ports.kinds.find(({ name }) => name === kind)?.lane
  }

  async #whyNot(
    transaction: Kysely<StateTables>,
    { kind, camera, last_job }: ScheduleRow,
    onceKey: string,
  ): Promise<string | null> {
    if (!this.#ports.kinds.some(({ name }) => name === kind)) return 'this release of ajar does no such jobs'
    const { rows } = await sql<{ why: string }>`
      select 'its camera is no more' as why where ${camera} is not null and not exists (
        select 1 from cameras where id = ${camera})
      union all select 'the one before has not ended' from jobs where id = ${last_job} and state in ('queued', 'running')
      union all select 'it was asked for before the clock was set back' from jobs where once_key = ${onceKey}`.execute(
      transaction,
    )
    return rows[0]?.why ?? null
  }

  /**
   * The clock goes from an earlier time: after it was set back, or perhaps before the start. What lies within a day stays,
   * so that nothing fires again; what lies farther ahead than it should was reckoned from a clock that was wrong.
   */
  async #mendTimes(now: number) {
    const { read, write } = this.#ports.database
    const ahead = await read
      .selectFrom('schedules')
      .selectAll()
      .where('next_at', '>', now + DAY_MS)
      .execute()
    for (const schedule of ahead) {
      const next = nextRun(schedule, now)
      if (next === null || (schedule.next_at ?? 0) - next <= DAY_MS) continue
      this.#ports.log.warn({ schedule: schedule.id }, 'the clock was set back: a schedule goes by the new time')
      await write
        .updateTable('schedules')
        .set({ next_at: next })
        .where('id', '=', schedule.id)
        .where('next_at', '=', schedule.next_at)
        .execute()
    }
  }
}
