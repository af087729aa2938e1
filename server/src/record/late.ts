import type { Kysely } from 'kysely'
import type { CameraStateRow, ResultRow, StateTables } from '../database/schema.ts'
import { debounce, forget, nothingKnown, type Observation, type Transition } from './debounce.ts'

const PAGE = 2000

/**
 * Computes a camera's transitions from its first late frame on again, now that the backlog is in (guarantee 5). The
 * state that is published stays as it is: late frames tell about the past.
 * @returns how many transitions the span has now
 */
export async function recomputeTransitions(
  database: Kysely<StateTables>,
  live: CameraStateRow,
  settings: { debounce: number; staleAfterMs: number },
): Promise<number> {
  const { camera, late_from: from, newest_at: to } = live
  if (from === null || to === null) return 0
  let memory = await memoryBefore(database, camera, from, settings.debounce)
  const transitions: Transition[] = []
  const note = (step: { after: CameraStateRow; transition: Transition | null }) => {
    memory = step.after
    if (step.transition) transitions.push(step.transition)
  }
  let last = from - 1
  for (;;) {
    const page = await resultsAfter(database, camera, last, to)
    for (const result of page) {
      const silentSince = (memory.newest_at ?? result.captured_at) + settings.staleAfterMs
      if (result.captured_at > silentSince) note(forget(memory, 'stale', silentSince))
      note(debounce(memory, observationOf(result), settings.debounce))
      last = result.captured_at
    }
    if (page.length < PAGE) break
  }
  const spoken = await database
    .selectFrom('transitions')
    .select('at')
    .where('camera', '=', camera)
    .where('at', '>', to)
    .executeTakeFirst()
  // What was published stays: the span ends in the live state, also where capture order alone would not give it yet.
  if (!spoken && memory.state !== live.state && live.since !== null) {
    transitions.push({
      at: Math.max(live.since, (transitions.at(-1)?.at ?? live.since - 1) + 1),
      from_state: memory.state,
      to_state: live.state,
      reason: live.reason,
      confidence: live.confidence,
      frame_at: live.frame_at,
      model: live.model,
    })
  }
  await database
    .deleteFrom('transitions')
    .where('camera', '=', camera)
    .where('at', '>=', from)
    .where('at', '<=', to)
    .execute()
  for (const transition of transitions) {
    await database
      .insertInto('transitions')
      .values({ camera, ...transition })
      .onConflict((clash) => clash.columns(['camera', 'at']).doUpdateSet(transition))
      .execute()
  }
  return transitions.length
}

/** What debounce remembered of the camera just before `from`, from the last transition and the results before it. */
async function memoryBefore(
  database: Kysely<StateTables>,
  camera: string,
  from: number,
  needed: number,
): Promise<CameraStateRow> {
  const transition = await database
    .selectFrom('transitions')
    .selectAll()
    .where('camera', '=', camera)
    .where('at', '<', from)
    .orderBy('at', 'desc')
    .executeTakeFirst()
  const results = await database
    .selectFrom('results')
    .selectAll()
    .where('camera', '=', camera)
    .where('captured_at', '<', from)
    .orderBy('captured_at', 'desc')
    .limit(needed)
    .execute()
  let memory = nothingKnown(camera)
  if (transition) memory = { ...memory, state: transition.to_state, reason: transition.reason, since: transition.at }
  for (const result of results.reverse()) {
    const { after } = debounce(memory, observationOf(result), Number.POSITIVE_INFINITY)
    memory = after
  }
  return memory
}

function resultsAfter(database: Kysely<StateTables>, camera: string, after: number, to: number): Promise<ResultRow[]> {
  return database
    .selectFrom('results')
    .selectAll()
    .where('camera', '=', camera)
    .where('captured_at', '>', after)
    .where('captured_at', '<=', to)
    .orderBy('captured_at')
    .limit(PAGE)
    .execute()
}

function observationOf({ captured_at, state, reason, confidence, model }: ResultRow): Observation {
  return { capturedAt: captured_at, state, reason, confidence, model: model || null }
}
