import { type Kysely, sql } from 'kysely'
import { untellHours } from '../database/history-rows.ts'
import type { CameraStateRow, ResultRow, StateTables } from '../database/schema.ts'
import { debounce, forget, nothingKnown, type Transition } from './debounce.ts'
import type { Point } from './influx/points.ts'
import { saveTransition, transitionPoints } from './outcome.ts'
import { observationOf } from './recorded.ts'

const PAGE = 2000
/** Results looked at in one go: other cameras' outcomes wait as long (measured: about a tenth of a second). */
const STEP = 10_000

interface Rule {
  debounce: number
  staleAfterMs: number
}

/** What a transition was decided by: the frame that completed the run, or the moment at which frames had stopped. */
const decidedAt = sql<number>`coalesce(frame_at, at)`

/**
 * Computes a camera's transitions from its first late frame on again, now that the backlog is in (guarantee 5). The
 * state that is published stays as it is: late frames tell about the past, and so since when it is in that state. A
 * long span is done in steps.
 * @returns how many transitions the step's span has now, where the next step begins (null: all is done), since when the
 * camera is in its state, as far as the transitions tell so far, and the points of what is told otherwise now
 */
export async function recomputeTransitions(
  database: Kysely<StateTables>,
  live: CameraStateRow,
  rule: Rule,
  step = STEP,
): Promise<{ transitions: number; next: number | null; since: number | null; points: Point[] }> {
  const { camera, late_from: from, newest_at: newest, since } = live
  if (from === null || newest === null) return { transitions: 0, next: null, since, points: [] }
  const before = await memoryBefore(database, camera, from, rule)
  const to = await endOfStep(database, camera, from, newest, step)
  const span = await transitionsOf(database, before, from, to, rule)
  const closing = to === newest ? await transitionToLive(database, live, span, to) : null
  const gone = await database
    .deleteFrom('transitions')
    .where('camera', '=', camera)
    .where(decidedAt, '>=', from)
    .where(decidedAt, '<=', to)
    .returningAll()
    .execute()
  const told = closing ? [...span.transitions, closing] : span.transitions
  const replaced: Transition[] = []
  for (const transition of told) replaced.push(...(await saveTransition(database, camera, transition)))
  await untellHours(database, camera, Math.min(...[...gone, ...told].map(({ at }) => at)))
  const points = transitionPoints(camera, [...gone, ...replaced], told)
  if (to !== newest) return { transitions: told.length, next: to + 1, since, points }
  return { transitions: told.length, next: null, since: await sinceWhen(database, live), points }
}

/** Since when the camera is in its state, once all its transitions are written. */
async function sinceWhen(database: Kysely<StateTables>, { camera, state, since }: CameraStateRow) {
  const last = await database
    .selectFrom('transitions')
    .select(['at', 'to_state'])
    .where('camera', '=', camera)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.to_state === state ? last.at : since
}

/** Capture time of the last result of a step, or the newest one where fewer are left. */
async function endOfStep(
  database: Kysely<StateTables>,
  camera: string,
  from: number,
  newest: number,
  step: number,
): Promise<number> {
  const last = await database
    .selectFrom('results')
    .select('captured_at')
    .where('camera', '=', camera)
    .where('captured_at', '>=', from)
    .where('captured_at', '<', newest)
    .orderBy('captured_at')
    .offset(step - 1)
    .limit(1)
    .executeTakeFirst()
  return last?.captured_at ?? newest
}

interface Span {
  transitions: Transition[]
  /** What debounce remembers at the end of the span. */
  memory: CameraStateRow
}

async function transitionsOf(
  database: Kysely<StateTables>,
  before: CameraStateRow,
  from: number,
  to: number,
  rule: Rule,
): Promise<Span> {
  const transitions: Transition[] = []
  let memory = before
  let last = from - 1
  for (;;) {
    const page = await resultsAfter(database, before.camera, last, to)
    for (const result of page) {
      const seen = see(memory, result, rule)
      memory = seen.memory
      transitions.push(...seen.transitions)
      last = result.captured_at
    }
    if (page.length < PAGE) return { transitions, memory }
  }
}

/** One result in capture order; a silence before it has made the state `unknown`. */
function see(before: CameraStateRow, result: ResultRow, { debounce: needed, staleAfterMs }: Rule): Span {
  const silentFrom = (before.newest_at ?? result.captured_at) + staleAfterMs
  const silence = result.captured_at > silentFrom ? forget(before, 'stale', silentFrom) : null
  const { after, transition } = debounce(silence?.after ?? before, observationOf(result), needed)
  return { memory: after, transitions: [silence?.transition, transition].filter((one) => one != null) }
}

/**
 * What was published stays: the span ends in the live state, also where capture order alone would not give it yet.
 * Where the state was forgotten after the span, that transition says so already.
 */
async function transitionToLive(
  database: Kysely<StateTables>,
  live: CameraStateRow,
  { memory, transitions }: Span,
  to: number,
): Promise<Transition | null> {
  const { state, reason, confidence, since, frame_at, model } = live
  if (memory.state === state) return null
  const forgotten = await database
    .selectFrom('transitions')
    .select('at')
    .where('camera', '=', live.camera)
    .where(decidedAt, '>', to)
    .executeTakeFirst()
  if (forgotten) return null
  const at = Math.max(since ?? 0, (transitions.at(-1)?.at ?? memory.since ?? 0) + 1)
  return { at, from_state: memory.state, to_state: state, reason, confidence, frame_at, model }
}

/** What debounce remembered of the camera just before `from`: from the last transition and the results before it. */
async function memoryBefore(
  database: Kysely<StateTables>,
  camera: string,
  from: number,
  rule: Rule,
): Promise<CameraStateRow> {
  const transition = await database
    .selectFrom('transitions')
    .selectAll()
    .where('camera', '=', camera)
    .where(decidedAt, '<', from)
    .orderBy(decidedAt, 'desc')
    .executeTakeFirst()
  const results = await database
    .selectFrom('results')
    .selectAll()
    .where('camera', '=', camera)
    .where('captured_at', '<', from)
    .orderBy('captured_at', 'desc')
    .limit(rule.debounce)
    .execute()
  let run = nothingKnown(camera)
  for (const result of results.reverse()) run = see(run, result, { ...rule, debounce: Number.POSITIVE_INFINITY }).memory
  if (!transition) return run
  const { to_state: state, reason, at: since } = transition
  return { ...run, state, reason, since }
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
