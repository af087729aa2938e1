import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../database/schema.ts'
import { knownSince } from './buckets.ts'

type Database = Kysely<StateTables>

/** A state over a time: milliseconds UTC, `to` exclusive. */
export interface Said {
  from: number
  to: number
  state: string
  /** Whether it changed to this state at `from`, and was not in it when the span began. */
  isEntered: boolean
}

const PAGE = 2000

/**
 * In which states a camera was over a span, by its transitions, oldest first. Before it earned its first state it was in
 * `unknown`, from its first result on, also while no frames came. Nothing is said of the time before that.
 */
export async function* saidOver(
  database: Database,
  camera: string,
  { from, to }: { from: number; to: number },
): AsyncGenerator<Said> {
  const known = await atFirst(database, camera, { from, to })
  let { state, since } = known.at(-1) ?? { state: 'unknown', since: to }
  const [before] = known
  if (before && before.since < since) yield { from: before.since, to: since, state: before.state, isEntered: false }
  let isEntered = false
  for (let after = from - 1; ; ) {
    const page = await database
      .selectFrom('transitions')
      .select(['at', 'to_state'])
      .where('camera', '=', camera)
      .where('at', '>', after)
      .where('at', '<', to)
      .orderBy('at')
      .limit(PAGE)
      .execute()
    for (const change of page) {
      if (change.at > since) yield { from: since, to: change.at, state, isEntered }
      ;[state, since, isEntered] = [change.to_state, change.at, true]
      after = change.at
    }
    if (page.length < PAGE) break
  }
  if (since < to) yield { from: since, to, state, isEntered }
}

/** From when on anything is known of a camera: its first result, or the first change that is kept. Null: nothing is. */
export async function knownFrom(database: Database, camera: string): Promise<number | null> {
  const { rows } = await sql<{ at: number | null }>`
    select min(at) as at from transitions where camera = ${camera}`.execute(database)
  const live = await liveState(database, camera)
  const times = [await knownSince(database, camera), rows[0]?.at ?? null, live?.since ?? null]
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/**
 * The state in force when a span began, or when anything was first known within it; and the one after it of a camera
 * whose changes all went, of which is known since when it is in the state that it is in now.
 */
async function atFirst(database: Database, camera: string, { from, to }: { from: number; to: number }) {
  const transitions = database.selectFrom('transitions').where('camera', '=', camera)
  const last = await transitions.select('to_state').where('at', '<', from).orderBy('at', 'desc').limit(1).execute()
  if (last[0]) return [{ state: last[0].to_state, since: from }]
  const known = await knownFrom(database, camera)
  if (known === null || known >= to) return []
  const since = Math.max(from, known)
  const [first] = await transitions.select('from_state').orderBy('at').limit(1).execute()
  // The change to that state is so long ago that it is not kept any more; else the camera had not earned any.
  if (first) return [{ state: first.from_state, since }]
  const live = await liveState(database, camera)
  if (live === null || live.since >= to) return [{ state: 'unknown', since }]
  if (live.since <= since) return [{ state: live.state, since }]
  return [{ state: 'unknown', since }, live]
}

async function liveState(database: Database, camera: string): Promise<{ state: string; since: number } | null> {
  const states = database.selectFrom('camera_states').select(['state', 'since']).where('camera', '=', camera)
  const { state, since } = (await states.executeTakeFirst()) ?? { state: 'unknown', since: null }
  return state === 'unknown' || since === null ? null : { state, since }
}
