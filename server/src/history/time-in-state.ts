import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../database/schema.ts'
import { saidOver } from './said.ts'

export interface TimeInState {
  state: string
  ms: number
  /** How often it changed to it. */
  entered: number
}

/** Milliseconds UTC; `to` exclusive. */
interface Span {
  from: number
  to: number
}

const HOUR = 3_600_000

/**
 * How long a camera was in each state over a span, from its first result on, the longest first: from hours where they
 * are told, from transitions at its ends. Where those went for their age, an hour that the span cuts counts by the part of it.
 */
export async function timeInState(
  database: Kysely<StateTables>,
  camera: string,
  span: Span,
  now: number,
): Promise<TimeInState[]> {
  const times = new Map<string, TimeInState>()
  const add = (state: string, ms: number, entered: number) => {
    const time = times.get(state) ?? { state, ms: 0, entered: 0 }
    times.set(state, { state, ms: time.ms + ms, entered: time.entered + entered })
  }
  const { rows } = await sql<{ gone: number | null; from: number | null; to: number | null }>`
    select (select hours_from from history_progress where camera = ${camera}) as gone,
      (select at from state_hours where camera = ${camera} and ms > 0 order by at limit 1) as "from",
      (select hours_to from history_progress where camera = ${camera}) as "to"`.execute(database)
  const gone = rows[0]?.gone ?? 0
  // What late frames or a purge changed of an earlier time than went is not told again: its hours are as they are.
  const hours = { from: rows[0]?.from ?? 0, to: Math.max(rows[0]?.to ?? 0, gone) }
  const { told, ends } = partsOf({ from: span.from, to: Math.min(span.to, now) }, hours)
  if (told) for (const { state, ms, entered } of await ofHours(database, camera, told)) add(state, ms, entered)
  for (const end of ends) {
    const [before, there] = cut(end, gone)
    if (there)
      for await (const { state, from, to, isEntered } of saidOver(database, camera, there))
        add(state, to - from, Number(isEntered))
    if (!before) continue
    const hour = Math.floor(before.from / HOUR) * HOUR
    const part = (before.to - before.from) / HOUR
    for (const { state, ms, entered } of await ofHours(database, camera, { from: hour, to: hour + HOUR }))
      add(state, Math.round(ms * part), Math.round(entered * part))
  }
  return [...times.values()].filter(({ ms, entered }) => ms > 0 || entered > 0).sort((a, b) => b.ms - a.ms)
}

/** Whole hours of the span that are told, and what is left of it before and after them. */
function partsOf({ from, to }: Span, hours: Span): { told: Span | null; ends: Span[] } {
  const first = Math.max(Math.ceil(from / HOUR) * HOUR, hours.from)
  const last = Math.min(Math.floor(to / HOUR) * HOUR, hours.to)
  if (first >= last) return { told: null, ends: from < to ? [{ from, to }] : [] }
  const ends = [
    { from, to: first },
    { from: last, to },
  ]
  return { told: { from: first, to: last }, ends: ends.filter((end) => end.from < end.to) }
}

/** What lies before an instant, and what lies after it. */
function cut({ from, to }: Span, at: number): [Span | null, Span | null] {
  return [from < at ? { from, to: Math.min(to, at) } : null, to > at ? { from: Math.max(from, at), to } : null]
}

async function ofHours(database: Kysely<StateTables>, camera: string, { from, to }: Span): Promise<TimeInState[]> {
  const { rows } = await sql<TimeInState>`
    select state, sum(ms) as ms, sum(entered) as entered from state_hours
    where camera = ${camera} and at >= ${from} and at < ${to} group by state`.execute(database)
  return rows
}
