import { type Kysely, sql } from 'kysely'
import { isBeingRenamed } from '../database/camera-rows.ts'
import { beginOfHour, HOUR } from '../database/history-rows.ts'
import type { StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { knownFrom, saidOver } from './said.ts'

type Database = Kysely<StateTables>

/** Hours in one transaction. */
const SLICE = 7 * 24

interface Hours {
  from: number
  to: number
  /** They lie before those that are told: a result came so late that the camera was not known of then. */
  isEarlier: boolean
}

/**
 * Tells of the next hours that have ended in which states a camera was, and how long. Told again after a late transition,
 * an hour that comes to the same counts as sent; a state that it has no more stays with nothing, for a point cannot be
 * taken back.
 * @returns whether there is more
 */
export async function tellHours({ read, write }: StateDatabase, camera: string, now: number): Promise<boolean> {
  if ((await untold(read, camera, now)) === null) return false
  return write.transaction().execute(async (transaction) => {
    const camerasRow = transaction.selectFrom('cameras').select('id').where('id', '=', camera)
    if (!(await camerasRow.executeTakeFirst()) || (await isBeingRenamed(transaction, camera))) return false
    const span = await untold(transaction, camera, now)
    if (!span) return false
    await writeHours(transaction, camera, span)
    if (span.isEarlier) return true
    await sql`insert into history_progress (camera, hours_to) values (${camera}, ${span.to})
      on conflict do update set hours_to = excluded.hours_to`.execute(transaction)
    return span.to < beginOfHour(now)
  })
}

/** The next hours to be told; null where all are, or nothing is known of the camera. */
async function untold(database: Database, camera: string, now: number): Promise<Hours | null> {
  const known = await knownFrom(database, camera)
  if (known === null) return null
  const { rows } = await sql<{ gone: number | null; to: number | null; told: number | null }>`
    select (select hours_from from history_progress where camera = ${camera}) as gone,
      (select hours_to from history_progress where camera = ${camera}) as "to",
      (select at from state_hours where camera = ${camera} and ms > 0 order by at limit 1) as told`.execute(database)
  const { gone = null, to = null, told = null } = rows[0] ?? {}
  const first = Math.max(beginOfHour(known), gone ?? 0)
  if (to !== null && told !== null && told < to && (await isTooLate(database, camera, { first, known, told })))
    // The last of them first: they join those that are told.
    return { from: Math.max(first, told - SLICE * HOUR), to: told + HOUR, isEarlier: true }
  const from = told === null || to === null ? first : Math.max(Math.min(told, first), to, gone ?? 0)
  const end = Math.min(beginOfHour(now), from + SLICE * HOUR)
  return from < end ? { from, to: end, isEarlier: false } : null
}

/** Whether the first hours that are told begin later than what is known now. */
async function isTooLate(
  database: Database,
  camera: string,
  { first, known, told }: { first: number; known: number; told: number },
): Promise<boolean> {
  if (first !== told) return first < told
  const { rows } = await sql<{ ms: number }>`
    select sum(ms) as ms from state_hours where camera = ${camera} and at = ${told}`.execute(database)
  return (rows[0]?.ms ?? 0) < told + HOUR - Math.max(first, known)
}

async function writeHours(transaction: Database, camera: string, span: { from: number; to: number }) {
  const rows = new Map<string, { at: number; state: string; ms: number; entered: number }>()
  const add = (at: number, state: string, ms: number, entered: number) => {
    const row = rows.get(`${at} ${state}`) ?? { at, state, ms: 0, entered: 0 }
    rows.set(`${at} ${state}`, { at, state, ms: row.ms + ms, entered: row.entered + entered })
  }
  for await (const { from, to, state, isEntered } of saidOver(transaction, camera, span)) {
    if (isEntered) add(beginOfHour(from), state, 0, 1)
    for (let at = beginOfHour(from); at < to; at += HOUR)
      add(at, state, Math.min(to, at + HOUR) - Math.max(from, at), 0)
  }
  const told = [...rows.values()]
  await sql`update state_hours set ms = 0, entered = 0, sent = 0
    where camera = ${camera} and at >= ${span.from} and at < ${span.to} and (ms > 0 or entered > 0)
      and not exists (select 1 from json_each(${JSON.stringify(told.map(({ at, state }) => `${at} ${state}`))})
        where value = state_hours.at || ' ' || state_hours.state)`.execute(transaction)
  if (told.length === 0) return
  await sql`
    insert into state_hours (camera, at, state, ms, entered, sent)
    select ${camera}, value ->> 'at', value ->> 'state', value ->> 'ms', value ->> 'entered', 0
    from json_each(${JSON.stringify(told)}) where true
    on conflict do update set ms = excluded.ms, entered = excluded.entered,
      sent = iif(ms = excluded.ms and entered = excluded.entered, sent, 0)`.execute(transaction)
}
