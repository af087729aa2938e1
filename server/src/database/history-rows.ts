import { type Kysely, sql } from 'kysely'
import type { StateTables } from './schema.ts'

/** What keeps the tables of history true when rows that they tell of come, change or go. */

type Database = Kysely<StateTables>

/** Milliseconds UTC; `to` exclusive. */
interface Span {
  from: number
  to: number
}

export const HOUR = 3_600_000
const MINUTE = 60_000

export const beginOfHour = (time: number) => Math.floor(time / HOUR) * HOUR
export const endOfHour = (time: number) => Math.ceil(time / HOUR) * HOUR

/** Rolls the results that are there up, for all hours that the span touches; to be run in one transaction. */
export async function rollUpAgain(transaction: Database, camera: string, span: Span): Promise<void> {
  const [from, to] = [beginOfHour(span.from), endOfHour(span.to)]
  await sql`delete from result_rollups where camera = ${camera} and width = ${MINUTE}
    and at >= ${from} and at < ${to}`.execute(transaction)
  await sql`delete from result_rollups where camera = ${camera} and width = ${HOUR}
    and at >= ${from} and at < ${to}`.execute(transaction)
  await join(
    transaction,
    camera,
    MINUTE,
    sql`select captured_at as at, state, 1 as results, confidence is not null as confident,
        coalesce(confidence, 0) as total, latency_ms as latency, confidence as least, captured_at as least_at,
        confidence as most, captured_at as most_at
      from results where camera = ${camera} and captured_at >= ${from} and captured_at < ${to}`,
  )
  await join(
    transaction,
    camera,
    HOUR,
    sql`select at, state, results, confident, confidence_sum as total, latency_sum as latency,
        confidence_min as least, confidence_min_at as least_at, confidence_max as most, confidence_max_at as most_at
      from result_rollups where camera = ${camera} and width = ${MINUTE} and at >= ${from} and at < ${to}`,
  )
}

/** A bare column beside `min` or `max` is of the row that has it (https://sqlite.org/lang_select.html, 2.5), but of one of them only. */
async function join(transaction: Database, camera: string, width: number, rows: ReturnType<typeof sql>) {
  const at = sql`at - at % cast(${width} as integer) as at`
  await sql`
    insert into result_rollups (camera, width, at, state, results, confident, confidence_sum,
      confidence_min, confidence_min_at, confidence_max, confidence_max_at, latency_sum, sent)
    select ${camera}, ${width}, l.at, l.state, l.results, l.confident, l.total,
      l.least, iif(l.least is null, null, l.least_at), m.most, iif(m.most is null, null, m.most_at), l.latency, 0
    from (select ${at}, state, sum(results) as results, sum(confident) as confident, sum(total) as total,
        sum(latency) as latency, min(least) as least, least_at from (${rows}) group by 1, 2) l
      join (select ${at}, state, max(most) as most, most_at from (${rows}) group by 1, 2) m
        on m.at = l.at and m.state = l.state`.execute(transaction)
}

/** Results captured before went for their age. */
export async function resultsWent(transaction: Database, camera: string, before: number): Promise<void> {
  await sql`insert into history_progress (camera, results_from) values (${camera}, ${before})
    on conflict do update set results_from = max(coalesce(results_from, 0), excluded.results_from)`.execute(transaction)
}

/** Transitions went for their age, the newest of them at that instant. */
export async function transitionsWent(transaction: Database, camera: string, newest: number): Promise<void> {
  await keepHoursBefore(transaction, camera, endOfHour(newest + 1))
}

/** Hours that begin before are not told again: what they would be told from went, or they themselves went for their age. */
export async function keepHoursBefore(transaction: Database, camera: string, hour: number): Promise<void> {
  await sql`insert into history_progress (camera, hours_from) values (${camera}, ${hour})
    on conflict do update set hours_from = max(coalesce(hours_from, 0), excluded.hours_from)`.execute(transaction)
}

/** From here on transitions are not what they were: hours are told again. What only is new, a trigger sees. */
export async function untellHours(transaction: Database, camera: string, from: number): Promise<void> {
  const begin = beginOfHour(from)
  await sql`update history_progress set hours_to = ${begin}
    where camera = ${camera} and hours_to > ${begin}`.execute(transaction)
}

/**
 * What hours that a span touches tell of states goes. Their rows stay: an hour is told again by the transitions that are
 * left, and InfluxDB would add a state that it had before to those that it has now.
 * @param limit rows in one go
 * @returns how many tell of nothing now that told of something; all is done at 0
 */
export async function emptyHours(database: Database, camera: string, { from, to }: Span, limit: number) {
  const { numAffectedRows = 0n } = await sql`
    update state_hours set ms = 0, entered = 0, sent = 0 where (camera, at, state) in (
      select camera, at, state from state_hours
      where camera = ${camera} and at >= ${beginOfHour(from)} and at < ${endOfHour(to)} and (ms > 0 or entered > 0)
      limit ${limit})`.execute(database)
  return Number(numAffectedRows)
}

/** A span of results and transitions is gone. Hours that its ends cut are rolled up from what is left, and told again. */
export async function spanWent(transaction: Database, camera: string, { from, to }: Span): Promise<void> {
  for (const end of [from, to])
    if (end % HOUR !== 0)
      await rollUpAgain(transaction, camera, { from: beginOfHour(end), to: beginOfHour(end) + HOUR })
  await untellHours(transaction, camera, from)
}
