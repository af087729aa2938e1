import { type Kysely, sql } from 'kysely'
import { isBeingRenamed } from '../database/camera-rows.ts'
import { beginOfHour, HOUR } from '../database/history-rows.ts'
import type { StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { saidOver } from './said.ts'

type Database = Kysely<StateTables>

/** Hours in one transaction. */
const SLICE = 7 * 24

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
    await sql`insert into history_progress (camera, hours_to) values (${camera}, ${span.to})
      on conflict do update set hours_to = excluded.hours_to`.execute(transaction)
    return span.to < beginOfHour(now)
  })
}

/** The next hours to be told; null where all are, or the camera never had a state. */
async function untold(database: Database, camera: string, now: number): Promise<{ from: number; to: number } | null> {
  const { rows } = await sql<{ to: number | null; gone: number | null; first: number | null }>`
    select (select hours_to from history_progress where camera = ${camera}) as "to",
      (select hours_from from history_progress where camera = ${camera}) as gone,
      (select min(at) from transitions where camera = ${camera}) as first`.execute(database)
  const { to = null, gone = null, first = null } = rows[0] ?? {}
  const begin = to ?? (first === null ? null : beginOfHour(first))
  if (begin === null) return null
  const from = Math.max(begin, gone ?? 0)
  const end = Math.min(beginOfHour(now), from + SLICE * HOUR)
  return from < end ? { from, to: end } : null
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
