import { sql } from 'kysely'

/** Milliseconds UTC; `to` exclusive. */
interface Thinned {
  from: number
  to: number
  /** Milliseconds. */
  every: number
  /** Times at most. */
  limit: number
}

/**
 * The capture times of the first results of each so many milliseconds, oldest first. It goes from one straight to the
 * next: what lies between is not read.
 */
export function firstOfEach(camera: string, { from, to, every, limit }: Thinned) {
  const first = (after: ReturnType<typeof sql>) =>
    sql`(select min(captured_at) from results where camera = ${camera} and captured_at >= ${after} and captured_at < ${to})`
  // A number is bound as a float: the division has to be one of integers.
  const length = sql`cast(${every} as integer)`
  return sql<number>`(
    with recursive thinned(at) as (
      select ${first(sql`${from}`)}
      union all
      select ${first(sql`(thinned.at / ${length} + 1) * ${length}`)} from thinned where thinned.at is not null
      limit ${limit})
    select at from thinned)`
}
