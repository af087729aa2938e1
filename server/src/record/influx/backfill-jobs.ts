import type { JobRow } from '../../database/schema.ts'
import type { Targets } from './targets.ts'
import type { Chore } from './upkeep.ts'

export const BACKFILL = 'influx_backfill'
const LOOK_MS = 1000
/** One that failed is not made again sooner, unless InfluxDB was in trouble meanwhile and is well again. */
const AGAIN_MS = 10 * 60_000

export interface BackfillJobsPorts {
  target: string
  targets: Pick<Targets, 'row'>
  /** The newest job of the kind. */
  newest(): Promise<JobRow | undefined>
  create(params: Record<string, unknown>): Promise<unknown>
  /** Milliseconds UTC: since when InfluxDB takes points. */
  wellSince(): number
  /** Milliseconds UTC. */
  now(): number
}

/** Asks for a backfill wherever something is missing and nobody is at it. */
export class BackfillJobs implements Chore {
  readonly everyMs = LOOK_MS
  readonly #ports: BackfillJobsPorts
  readonly #startedAt: number

  constructor(ports: BackfillJobsPorts) {
    this.#ports = ports
    this.#startedAt = ports.now()
  }

  async run(): Promise<boolean> {
    const { target, targets, newest, create } = this.#ports
    const row = await targets.row(target)
    if (!row || row.missing_from === null) return false
    const last = await newest()
    if (!last || this.#mayFollow(last, row.gaps)) await create({ target, gaps: row.gaps })
    return false
  }

  #mayFollow({ state, params_json, finished_at, created_at }: JobRow, gaps: number): boolean {
    if (state === 'queued' || state === 'running') return false
    const params = JSON.parse(params_json) as { target?: unknown; gaps?: unknown }
    if (state === 'done' || params.target !== this.#ports.target || params.gaps !== gaps) return true
    const endedAt = finished_at ?? created_at
    // Who cancelled it does not want it now: the next start asks again.
    if (state === 'cancelled') return endedAt < this.#startedAt
    const { now, wellSince } = this.#ports
    return endedAt < wellSince() || Math.abs(now() - endedAt) > AGAIN_MS
  }
}
