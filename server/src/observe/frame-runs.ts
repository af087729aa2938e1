import { sql } from 'kysely'
import type { StateDatabase } from '../database/state-database.ts'

/** Milliseconds UTC. */
export interface Run {
  from: number
  to: number
}

interface Stretch extends Run {
  /** Frames that are farther apart are not of one run. Milliseconds. */
  gap: number
  /** So long after its last frame a run ends. */
  lasts: number
  /** Looks at most. */
  limit: number
}

/**
 * Where frames of a camera came, oldest first. It goes from frame to frame by steps of the gap: it costs what is shown,
 * however many frames there are between.
 */
export async function frameRuns({ read }: StateDatabase, camera: string, stretch: Stretch): Promise<Run[]> {
  const { from, to, gap, lasts, limit } = stretch
  const { rows } = await sql<{ at: number }>`
    with recursive step(at) as (
      select min(captured_at) from results
      where camera = ${camera} and captured_at >= ${from} and captured_at < ${to}
      union all
      select coalesce(
        (select max(captured_at) from results where camera = ${camera}
          and captured_at > step.at and captured_at <= step.at + ${gap} and captured_at < ${to}),
        (select min(captured_at) from results where camera = ${camera}
          and captured_at > step.at + ${gap} and captured_at < ${to}))
      from step where step.at is not null
    )
    select at from step where at is not null limit ${limit}`.execute(read)
  const runs: Run[] = []
  let before = Number.NEGATIVE_INFINITY
  for (const { at } of rows) {
    const run = runs.at(-1)
    const end = Math.min(to, at + lasts)
    if (run && at - before <= gap) run.to = end
    else runs.push({ from: at, to: end })
    before = at
  }
  return runs
}
