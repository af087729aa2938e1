import type { Counter } from 'prom-client'
import type { JobRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { InTurn } from '../../in-turn.ts'
import type { HandledKind, JobContext } from '../../jobs/jobs.ts'
import type { Log } from '../../logging/levels.ts'
import { Backfill } from './backfill.ts'
import { BACKFILL, BackfillJobs } from './backfill-jobs.ts'
import { InfluxConnection } from './connection.ts'
import { Policies } from './policies.ts'
import type { BytesOf } from './recorded-points.ts'
import { Rollups } from './rollups.ts'
import { InfluxSink } from './sink.ts'
import { Targets } from './targets.ts'
import { Upkeep } from './upkeep.ts'
import { type Refused, Writer } from './writer.ts'

const POLICIES_EVERY_MS = 600_000
const ROLLUPS_EVERY_MS = 30_000
const RETRY_MS = 500

export interface InfluxParts {
  database: StateDatabase
  archive: { bytesOf: BytesOf }
  settings: { influxUrl: URL | null; influxToken: string | null; influxRetainMs: number | null }
  log: Pick<Log, 'info' | 'warn' | 'error'>
  dropped: Pick<Counter, 'inc'>
  /** A text that InfluxDB has written, without secrets that are known. */
  clean(text: string): string
  newestJob(kind: string): Promise<JobRow | undefined>
  createJob(kind: string, params: Record<string, unknown>): Promise<unknown>
}

/** What of ours is in InfluxDB, and on its way to it. */
export interface Influx {
  /** Whether points go anywhere. */
  isOn: boolean
  /** The handler of backfills. */
  backfill: HandledKind
  /** How many points wait. */
  waiting(): Promise<number>
  /** What is wrong, or that nothing is. */
  health(): { level: 'ok' | 'warn'; text: string }
  /** To be awaited before anything is recorded. */
  start(): Promise<void>
  close(): Promise<void>
}

/** What sends points to InfluxDB, where that is wanted; it waits for `start`. */
export function openInflux(parts: InfluxParts): Influx {
  const { influxUrl: url, influxToken: token, influxRetainMs } = parts.settings
  const targets = new Targets(parts.database, () => Date.now())
  const goingTo = (target: string | null) => new Departure(targets, target, parts.log)
  if (!url) return nowhere(goingTo(null))
  const connection = new InfluxConnection({ url, token })
  return new OpenedInflux(parts, { connection, targets, retainMs: influxRetainMs }, goingTo(connection.target))
}

function nowhere(departure: Departure): Influx {
  return {
    isOn: false,
    backfill: { kind: BACKFILL, run: () => Promise.reject(otherTarget('AJAR_INFLUX_URL is not set')) },
    waiting: async () => 0,
    health: () => ({ level: 'ok', text: 'not used' }),
    start: () => departure.start(),
    close: () => departure.close(),
  }
}

class OpenedInflux implements Influx {
  readonly isOn = true
  readonly backfill: HandledKind = { kind: BACKFILL, run: (context) => this.#runBackfill(context) }
  readonly #parts: InfluxParts
  readonly #departure: Departure
  readonly #connection: InfluxConnection
  readonly #sink: InfluxSink
  readonly #backfill: Backfill
  readonly #upkeep: Upkeep
  #wellSince = 0
  #refused: Refused = { points: 0, tooOld: 0, why: null }

  constructor(
    parts: InfluxParts,
    { connection, targets, retainMs }: { connection: InfluxConnection; targets: Targets; retainMs: number | null },
    departure: Departure,
  ) {
    const { database, log, dropped, newestJob, createJob } = parts
    const { target } = connection
    const policies = new Policies(connection, retainMs)
    const writer = new Writer(connection, async () => {
      await targets.lostAll(target)
      this.#upkeep.hurry() // its policies are those of a new database
    })
    const onRefused = (refused: Refused) => this.#noteRefused(refused)
    const now = () => Date.now()
    const shared = { database, target, targets, writer, requests: new InTurn(1), onRefused, now }
    this.#parts = parts
    this.#departure = departure
    this.#connection = connection
    this.#sink = new InfluxSink({
      ...shared,
      onTrouble: (why) => {
        this.#wellSince = now()
        if (why) log.warn({ why }, 'InfluxDB takes no points; they wait in the outbox')
        else log.info('InfluxDB takes points again')
      },
      onDropped: (points) => {
        dropped.inc(points)
        log.error({ points }, 'the outbox for InfluxDB is full; its oldest points were dropped')
      },
    })
    this.#backfill = new Backfill({
      ...shared,
      bytesOf: (frames) => parts.archive.bytesOf(frames),
      waiting: async () => (this.#sink.isWell ? this.#sink.waiting() : null),
      keptMs: () => policies.keptMs,
    })
    const rollups = new Rollups({ ...shared, connection, policies })
    this.#upkeep = new Upkeep(
      [
        {
          everyMs: POLICIES_EVERY_MS,
          run: async () => {
            await policies.apply()
            return false
          },
        },
        new BackfillJobs({
          ...{ target, targets, now },
          newest: () => newestJob(BACKFILL),
          create: (params) => createJob(BACKFILL, params),
          wellSince: () => this.#wellSince,
        }),
        { everyMs: ROLLUPS_EVERY_MS, run: () => rollups.send() },
      ],
      {
        isWell: () => this.#sink.isWell,
        onTrouble: (why) => log.warn({ why }, 'InfluxDB does not do all that is asked of it; points are not held up'),
        monotonic: () => performance.now(),
      },
    )
  }

  waiting(): Promise<number> {
    return this.#sink.waiting()
  }

  health(): { level: 'ok' | 'warn'; text: string } {
    const { trouble } = this.#sink
    const { progress } = this.#backfill
    const troubles = trouble === null ? this.#upkeep.troubles : [trouble]
    const { points, why } = this.#refused
    const said = [
      ...(trouble === null ? ['takes points'] : []),
      ...(progress === null
        ? []
        : [`what was recorded before goes there too, ${Math.floor(progress * 100)} % is there`]),
      ...(points === 0 ? [] : [`${points} points were refused for good since the start, at last: ${why}`]),
      ...troubles,
    ]
    return { level: troubles.length > 0 ? 'warn' : 'ok', text: this.#parts.clean(said.join('; ')) }
  }

  async start() {
    await this.#departure.start()
    this.#sink.start()
    this.#upkeep.start()
  }

  async close() {
    this.#connection.close()
    await Promise.all([this.#departure.close(), this.#sink.close(), this.#upkeep.close()])
  }

  #runBackfill(context: JobContext): Promise<object> {
    const { target } = this.#connection
    if (context.params.target !== target)
      return Promise.reject(otherTarget(`AJAR_INFLUX_URL names ${target} now, and this was for another`))
    return this.#backfill.run(context).catch((error: Error) => {
      // InfluxDB's own words may quote what it was sent, and stand in the job.
      error.message = this.#parts.clean(error.message)
      throw error
    })
  }

  #noteRefused({ points, tooOld, why }: Refused) {
    const { log } = this.#parts
    if (tooOld > 0) log.info({ points: tooOld }, 'InfluxDB does not keep points of so long ago')
    if (points === 0) return
    this.#refused = { points: this.#refused.points + points, tooOld: 0, why }
    log.error({ points, why }, 'InfluxDB refused points for good')
  }
}

/** Writes down where points go from now on; a disk that refuses holds up nobody, and is asked again. */
class Departure {
  readonly #targets: Targets
  readonly #target: string | null
  readonly #log: Pick<Log, 'warn'>
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(targets: Targets, target: string | null, log: Pick<Log, 'warn'>) {
    this.#targets = targets
    this.#target = target
    this.#log = log
  }

  async start() {
    try {
      await this.#targets.goTo(this.#target)
    } catch (err) {
      if (this.#timer === undefined) this.#log.warn({ err }, 'where points go cannot be written down yet')
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.start(), RETRY_MS)
    }
  }

  async close() {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}

function otherTarget(why: string): Error {
  return Object.assign(new Error(`${why}: nothing is left to do`), { code: 'other_target' })
}
