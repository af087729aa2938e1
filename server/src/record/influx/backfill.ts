import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { InfluxTargetRow } from '../../database/schema-influx.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { InTurn } from '../../in-turn.ts'
import type { JobContext } from '../../jobs/jobs.ts'
import { InfluxError } from './connection.ts'
import { type BytesOf, behind, type Place, RECORDED, type Recorded } from './recorded-points.ts'
import type { Targets } from './targets.ts'
import type { Refused, Writer } from './writer.ts'

/** Rows of a page, so that it is some 5000 points; fewer where they are long, or the line is slow. */
const MOST_ROWS = 1000
const MOST_POINTS = 5000
const ROWS_COUNTED_AT_ONCE = 20_000
/** Points that have just been recorded go first: a page waits while so many of them do. */
const MOST_WAITING = 500
const LOOK_MS = 100

export interface BackfillPorts {
  database: StateDatabase
  target: string
  targets: Pick<Targets, 'row' | 'keepPosition' | 'filled'>
  writer: Pick<Writer, 'write'>
  requests: InTurn
  /** What the points of readings of sensors with states are made of. */
  bytesOf: BytesOf
  /** How many points wait in the outbox; null: they are not taken. */
  waiting(): Promise<number | null>
  /** For how long InfluxDB keeps points, or null. */
  keptMs(): number | null
  onRefused(refused: Refused): void
  /** Milliseconds UTC. */
  now(): number
}

type Told = Pick<JobContext, 'signal' | 'report' | 'log'>
/** Tells how much of a part is done, 0..1. @throws where the work is to end */
type Tell = (share: number) => void

/** How far a backfill has come: it goes on from there after a kill, an outage, or when it was cancelled. */
interface Position {
  /** Of the target when it began: what went missing since may lie behind it. */
  gaps: number
  from: number
  startedAt: number
  /** Of `RECORDED`. */
  kind: number
  /** '': none of the kind yet. */
  series: string
  /** Null: all of the series is there. */
  after: Place | null
  points: number
  results: number
  tooOld: number
}

/** What a backfill has done. */
export interface Backfilled {
  points: number
  results: number
  /** Capture time from which on all is there, milliseconds UTC. */
  from: number
  /** Results, skipped frames, transitions and readings that are left out, since they are older than InfluxDB keeps points. */
  tooOld: number
}

/**
 * Writes all that is recorded and may be missing to InfluxDB, as the very points that it became, or would have become, when
 * it was recorded: what is there already stays as it is. Points that have just been recorded go before.
 */
export class Backfill {
  readonly #ports: BackfillPorts
  #rows = MOST_ROWS / 4
  #progress: number | null = null
  /** Ends the one that runs. */
  #signal: AbortSignal | undefined

  constructor(ports: BackfillPorts) {
    this.#ports = ports
  }

  /** 0..1; null: none runs. */
  get progress(): number | null {
    return this.#progress
  }

  /** @throws Error with `fault: 'environment'` where InfluxDB is at fault */
  async run({ signal, report, log }: Told): Promise<Backfilled> {
    this.#signal = signal
    const { target, targets, now } = this.#ports
    const row = await targets.row(target)
    if (!row || row.missing_from === null) return { points: 0, results: 0, from: now(), tooOld: 0 }
    const position = this.#begin(row, row.missing_from, log)
    const tell = (share: number) => {
      signal.throwIfAborted()
      const kind = RECORDED[position.kind]
      const before = RECORDED.slice(0, position.kind).reduce((sum, { share }) => sum + share, 0)
      this.#progress = Math.max(this.#progress ?? 0, before + (kind?.share ?? 0) * share)
      report(kind?.name ?? 'end', this.#progress)
    }
    try {
      this.#progress = 0 // until the first page tells how far the one before had come
      for (let kind = RECORDED[position.kind]; kind; kind = RECORDED[position.kind]) {
        await this.#writeKind(kind, position, tell)
        Object.assign(position, { kind: position.kind + 1, series: '', after: null })
        await targets.keepPosition(target, position)
      }
    } finally {
      this.#progress = null
    }
    if (!(await targets.filled(target, position.gaps, position.startedAt)))
      log('info', 'more went missing meanwhile: another backfill brings it')
    const { points, results, tooOld } = position
    return { points, results, from: Math.max(position.from, this.#oldest()), tooOld }
  }

  #begin({ gaps, backfill_json }: InfluxTargetRow, from: number, log: Told['log']): Position {
    const kept = backfill_json === null ? null : (JSON.parse(backfill_json) as Position)
    if (kept?.gaps !== gaps) {
      const nothing = { kind: 0, series: '', after: null, points: 0, results: 0, tooOld: 0 }
      return { gaps, from, startedAt: this.#ports.now(), ...nothing }
    }
    const place = `${RECORDED[kept.kind]?.name ?? 'its end'} ${kept.series}`.trim()
    log('info', `goes on with ${place}; ${kept.points} points are there`)
    return kept
  }

  async #writeKind(kind: Recorded, position: Position, tell: Tell) {
    const { read } = this.#ports.database
    const names: string[] = []
    for (let next = await kind.nextSeries(read, ''); next !== null; next = await kind.nextSeries(read, next)) {
      names.push(next)
      this.#signal?.throwIfAborted()
    }
    const tellOf = (series: string) => {
      const done = names.filter((name) => name < series).length
      return (share: number) => tell(Math.min(1, (done + share) / names.length))
    }
    if (position.after !== null) await this.#writeSeries(kind, position, position.after, tellOf(position.series))
    for (;;) {
      const series = await kind.nextSeries(read, position.series)
      if (series === null) return
      const oldest = Math.max(position.from, this.#oldest())
      position.tooOld += await this.#countOld(kind, series, position.from, oldest)
      position.series = series
      await this.#writeSeries(kind, position, behind(oldest - 1), tellOf(series))
    }
  }

  async #writeSeries(kind: Recorded, position: Position, from: Place, tell: Tell) {
    const { database, target, targets } = this.#ports
    const ends = await kind.ends(database.read, position.series, position.from)
    if (!ends) return
    for (let after: Place | null = from; after !== null; ) {
      await this.#letOthersPass()
      after = await this.#writePage(kind, position, after)
      position.after = after
      await targets.keepPosition(target, position)
      tell(after === null ? 1 : (after.at - ends.first) / Math.max(ends.last - ends.first, 1))
      await nextTurn()
    }
  }

  /**
   * A page is read and written in one turn: what the outbox gets meanwhile of the same rows is sent after it, and stays.
   * @returns where the next one begins; null: the series ends here
   */
  #writePage(kind: Recorded, position: Position, after: Place): Promise<Place | null> {
    const { database, requests, writer, bytesOf, onRefused } = this.#ports
    return requests.run(async () => {
      const { rows, points, last } = await kind.page(database.read, position.series, after, this.#rows, bytesOf)
      try {
        const refused = await writer.write(points, null, this.#signal)
        if (refused.points + refused.tooOld > 0) onRefused(refused)
        position.tooOld += refused.tooOld
        position.points += points.length - refused.points - refused.tooOld
      } catch (error) {
        if (error instanceof InfluxError && error.isLate) this.#rows = Math.max(1, Math.floor(this.#rows / 4))
        throw error
      }
      if (kind.name === 'results') position.results += rows
      const fitting = points.length > 0 ? Math.floor((rows * MOST_POINTS) / points.length) : MOST_ROWS
      this.#rows = Math.max(1, Math.min(MOST_ROWS, 2 * this.#rows, fitting))
      return last
    })
  }

  async #letOthersPass() {
    for (;;) {
      this.#signal?.throwIfAborted()
      const waiting = await this.#ports.waiting()
      if (waiting === null) throw new InfluxError('InfluxDB takes no points at the moment')
      if (waiting < MOST_WAITING) return
      await sleep(LOOK_MS)
    }
  }

  async #countOld(kind: Recorded, series: string, from: number, to: number): Promise<number> {
    let total = 0
    for (let after: Place | null = from < to ? behind(from - 1) : null; after !== null; ) {
      this.#signal?.throwIfAborted()
      const page = await this.#countPage(kind, series, after, to)
      total += page.counted
      after = page.last
    }
    return total
  }

  #countPage(kind: Recorded, series: string, after: Place, to: number) {
    return kind.count(this.#ports.database.read, series, after, to, ROWS_COUNTED_AT_ONCE)
  }

  /** InfluxDB keeps nothing that is older. */
  #oldest(): number {
    const keptMs = this.#ports.keptMs()
    return keptMs === null ? Number.NEGATIVE_INFINITY : this.#ports.now() - keptMs
  }
}
