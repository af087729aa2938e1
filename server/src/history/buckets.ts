import { type RawBuilder, sql } from 'kysely'
import type { HistoryProgressTable } from '../database/schema-history.ts'
import type { StateDatabase } from '../database/state-database.ts'

/** What results said within a part of a span. */
export interface Bucket {
  /** Its begin, milliseconds UTC. */
  at: number
  results: number
  /** How many results said each state. */
  states: Record<string, number>
  /** Null where no result had a confidence. `minAt` and `maxAt` are the capture times of the frames that had these. */
  confidence: { mean: number; min: number; minAt: number; max: number; maxAt: number } | null
}

/** Milliseconds UTC; `to` exclusive. */
export interface Asked {
  from: number
  to: number
  /** Buckets at most. */
  points: number
}

const MINUTE = 60_000
const HOUR = 3_600_000
/** Few enough to be looked at one by one. */
const MOST_SINGLE = 20_000
/** Beyond it minutes are too many to be looked at, and hours fine enough. */
const LONGEST_OF_MINUTES = 8 * 24 * HOUR
const LONGEST_COUNTED_BY_MINUTES = 24 * HOUR

type Read = StateDatabase['read']

/**
 * What results of a camera said over a span, in buckets of equal length, the empty ones left out. Each bucket is told
 * whole, also where the span begins or ends within it, and begins at a multiple of its length: a look from elsewhere
 * that is as wide has the same ones.
 */
export async function bucketsOf(read: Read, camera: string, asked: Asked): Promise<{ width: number; items: Bucket[] }> {
  const { from, to, points } = asked
  // One bucket fewer fits the span: its ends cut two.
  const least = Math.max(1, Math.ceil((to - from) / (points - 1)))
  const { rows, unit } = await sourceFor(read, camera, asked)
  const width = Math.ceil(least / unit) * unit
  const span = { from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width }
  return { width, items: await told(read, rows(camera), { ...span, width }) }
}

/** When the first result was captured that anything is known of; the hour where only that is known; null without any. */
export async function knownSince(read: Read, camera: string): Promise<number | null> {
  const { rows } = await sql<{ hour: number | null; result: number | null; resultsFrom: number | null }>`
    select (select min(at) from result_rollups where camera = ${camera} and width = ${HOUR}) as hour,
      (select min(captured_at) from results where camera = ${camera}) as result,
      (select results_from from history_progress where camera = ${camera}) as "resultsFrom"`.execute(read)
  const { hour = null, result = null, resultsFrom = null } = rows[0] ?? {}
  if (hour === null) return result
  if (result === null) return hour
  // Of labelled frames results stay, and of what was there before rollups were, hours are still to come.
  return resultsFrom === null || result < hour ? result : Math.min(hour, result)
}

interface Source {
  /** Of a camera, `(at, state, results, confident, total, least, least_at, most, most_at)`. */
  rows(camera: string): RawBuilder<unknown>
  /** Milliseconds; a bucket is a multiple of it. */
  unit: number
}

const SINGLE: Source = {
  rows: (camera) => sql`
    select captured_at as at, state, 1 as results, confidence is not null as confident, confidence as total,
      confidence as least, captured_at as least_at, confidence as most, captured_at as most_at
    from results where camera = ${camera}`,
  unit: 1,
}
const rolledUp = (unit: number): Source => ({
  rows: (camera) => sql`
    select at, state, results, confident, confidence_sum as total, confidence_min as least,
      confidence_min_at as least_at, confidence_max as most, confidence_max_at as most_at
    from result_rollups where camera = ${camera} and width = ${unit}`,
  unit,
})
const MINUTES = rolledUp(MINUTE)
const HOURS = rolledUp(HOUR)

async function sourceFor(read: Read, camera: string, { from, to }: Asked): Promise<Source> {
  const progress = await read.selectFrom('history_progress').selectAll().where('camera', '=', camera).executeTakeFirst()
  if (from < (progress?.results_from ?? 0)) return HOURS
  if (await isFew(read, camera, { from, to }, progress)) return SINGLE
  return to - from <= LONGEST_OF_MINUTES ? MINUTES : HOURS
}

async function isFew(
  read: Read,
  camera: string,
  { from, to }: { from: number; to: number },
  progress: HistoryProgressTable | undefined,
): Promise<boolean> {
  const most = MOST_SINGLE + 1
  const { unfilled_from: first, unfilled_to: last } = progress ?? {}
  const isUnfilled = first != null && last != null && from < last && to > first
  const unit = to - from <= LONGEST_COUNTED_BY_MINUTES ? MINUTE : HOUR
  const begin = Math.floor(from / unit) * unit
  // Each row is of one result at least: no more of them are looked at than it takes to know.
  const counted = isUnfilled
    ? sql`select 1 as results from results
        where camera = ${camera} and captured_at >= ${from} and captured_at < ${to} limit ${most}`
    : sql`select results from result_rollups
        where camera = ${camera} and width = ${unit} and at >= ${begin} and at < ${to} limit ${most}`
  const { rows } = await sql<{ results: number | null }>`select sum(results) as results from (${counted})`.execute(read)
  return (rows[0]?.results ?? 0) <= MOST_SINGLE
}

interface Cut {
  from: number
  to: number
  width: number
}

/** `[state, results, confident, total, least, least_at]` of a bucket, as JSON, which keeps every digit. */
type Part = [
  state: string,
  results: number,
  confident: number,
  total: number | null,
  least: number | null,
  leastAt: number,
]

/**
 * One bucket after the other, each from its place in the key: sorting all rows by their bucket takes twice as long. A
 * bare column beside `min` or `max` is of the row that has it (https://sqlite.org/lang_select.html, 2.5), but of one of
 * them only.
 */
async function told(read: Read, rows: RawBuilder<unknown>, { from, to, width }: Cut): Promise<Bucket[]> {
  const within = sql`from (${rows}) where at >= slot.at and at < slot.at + ${width}`
  const found = await sql<{ at: number; parts: string; top: string }>`
    with recursive slot(at) as (select ${from} union all select at + ${width} from slot where at + ${width} < ${to})
    select slot.at,
      (select json_group_array(json_array(state, results, confident, total, least, least_at)) from (
        select state, sum(results) as results, sum(confident) as confident, sum(total) as total, min(least) as least,
          least_at ${within} group by state order by state)) as parts,
      (select json_array(max(most), most_at) ${within}) as top
    from slot`.execute(read)
  const some = found.rows.filter(({ parts }) => parts !== '[]')
  return some.map(({ at, parts, top }) => bucketOf(at, JSON.parse(parts), JSON.parse(top)))
}

function bucketOf(at: number, parts: Part[], [max, maxAt]: [number | null, number]): Bucket {
  let [results, confident, total] = [0, 0, 0]
  let low: { min: number; minAt: number } | null = null
  for (const [, ofState, sure, sum, least, leastAt] of parts) {
    results += ofState
    confident += sure
    total += sum ?? 0
    if (least !== null && (low === null || least < low.min)) low = { min: least, minAt: leastAt }
  }
  const states = Object.fromEntries(parts.map(([state, ofState]) => [state, ofState]))
  return {
    at,
    results,
    states,
    confidence: low && max !== null ? { mean: total / confident, ...low, max, maxAt } : null,
  }
}
