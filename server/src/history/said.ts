import type { Kysely } from 'kysely'
import type { StateTables } from '../database/schema.ts'

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
 * In which states a camera was over a span, by its transitions, oldest first. Nothing is said of the time before it
 * earned its first state.
 */
export async function* saidOver(
  database: Kysely<StateTables>,
  camera: string,
  { from, to }: { from: number; to: number },
): AsyncGenerator<Said> {
  let state = await stateAt(database, camera, from)
  let [since, isEntered] = [from, false]
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
      if (state !== null && change.at > since) yield { from: since, to: change.at, state, isEntered }
      ;[state, since, isEntered] = [change.to_state, change.at, true]
      after = change.at
    }
    if (page.length < PAGE) break
  }
  if (state !== null && since < to) yield { from: since, to, state, isEntered }
}

/** The state in force just before an instant; null where none was known. */
async function stateAt(database: Kysely<StateTables>, camera: string, at: number): Promise<string | null> {
  const transitions = database.selectFrom('transitions').where('camera', '=', camera)
  const before = await transitions.select('to_state').where('at', '<', at).orderBy('at', 'desc').limit(1).execute()
  if (before[0]) return before[0].to_state
  // The change to it is so long ago that it is not kept any more; else the camera had not earned any.
  const after = await transitions.select('from_state').where('at', '>=', at).orderBy('at').limit(1).execute()
  if (after[0]) return after[0].from_state === 'unknown' ? null : after[0].from_state
  const live = await database
    .selectFrom('camera_states')
    .select(['state', 'since'])
    .where('camera', '=', camera)
    .executeTakeFirst()
  return live && live.state !== 'unknown' && live.since !== null && live.since < at ? live.state : null
}
