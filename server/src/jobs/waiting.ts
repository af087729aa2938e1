import { sql } from 'kysely'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { LONGEST_WAIT_MS } from './outcome.ts'

/** Whether a job may begin now. What was put off waits no longer than it was put off for, whatever the clock does. */
export function isDue({ run_at, failures }: JobRow, now: number): boolean {
  return run_at === null || run_at <= now || (failures > 0 && run_at - now > LONGEST_WAIT_MS)
}

/** When the next of these may begin, milliseconds UTC; null where none waits for a time. */
export function nextTime(jobs: JobRow[], now: number): number | null {
  const times = jobs.filter((job) => !isDue(job, now)).map(({ run_at }) => run_at ?? now)
  return times.length === 0 ? null : Math.min(...times)
}

/**
 * Cameras that jobs are at, each with those whose labels it borrowed when the job began: two jobs of one camera, or a
 * training and the purge of what it learns from, never run side by side.
 */
export class TakenCameras {
  readonly #database: StateDatabase
  readonly #taken = new Map<string, Set<string>>()

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /** @returns whether nothing else is at its cameras: they are the job's then. One caller at a time. */
  async take({ id, camera }: JobRow): Promise<boolean> {
    const cameras = camera === null ? [] : await this.#reachOf(camera)
    for (const taken of this.#taken.values()) if (cameras.some((one) => taken.has(one))) return false
    if (this.#taken.has(id)) return false // an attempt that was given up is at it still
    this.#taken.set(id, new Set(cameras))
    return true
  }

  giveBack(job: string) {
    this.#taken.delete(job)
  }

  async #reachOf(camera: string): Promise<string[]> {
    const { rows } = await sql<{ source: string }>`
      select distinct source from borrowed_labels where camera = ${camera}`.execute(this.#database.write)
    return [camera, ...rows.map(({ source }) => source)]
  }
}
