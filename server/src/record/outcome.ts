import { isDeepStrictEqual } from 'node:util'
import { type Kysely, sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { CameraStateRow, EventRow, FramesTable, ResultsTable, StateTables } from '../database/schema.ts'
import type { Transition } from './debounce.ts'
import { addPoints } from './influx/outbox.ts'
import { type Point, pointOfSkipped, pointOfTransition, pointsOfResult } from './influx/points.ts'

/** The rows that an outcome is made of, written inside the recorder's transaction. */

export interface CameraTransition {
  camera: string
  transition: Transition
}

export interface Outcome {
  results: ResultsTable[]
  transitions: CameraTransition[]
  /** What debounce remembers of each camera that had a part in it. */
  memory: CameraStateRow[]
  /** Points of the frames for the outbox of the InfluxDB sink; null where there is no sink. */
  points: Point[] | null
}

/**
 * Inserts frames that were not recorded before. A frame refused at the door was never stored, so it gives its id up to
 * one that was.
 * @returns the ids of those that are new
 */
export async function insertFrames(transaction: Kysely<StateTables>, rows: FramesTable[]): Promise<Set<string>> {
  const inserted = await transaction
    .insertInto('frames')
    .values(rows)
    .onConflict((clash) =>
      clash
        .columns(['camera', 'captured_at'])
        .doUpdateSet(({ ref }) => ({
          received_at: ref('excluded.received_at'),
          stored_at: ref('excluded.stored_at'),
          classified_at: ref('excluded.classified_at'),
          recorded_at: ref('excluded.recorded_at'),
          size: ref('excluded.size'),
          sha256: ref('excluded.sha256'),
          outcome: ref('excluded.outcome'),
          code: ref('excluded.code'),
          late: ref('excluded.late'),
        }))
        .where('frames.stored_at', 'is', null)
        .where('excluded.stored_at', 'is not', null),
    )
    .returning(['camera', 'captured_at'])
    .execute()
  return new Set(inserted.map(({ camera, captured_at }) => `${camera}/${captured_at}`))
}

/** The first capture time from `from` on that no recorded frame of the camera has. */
export async function nextFreeTime(transaction: Kysely<StateTables>, camera: string, from: number): Promise<number> {
  const taken = await transaction
    .selectFrom('frames')
    .select('captured_at')
    .where('camera', '=', camera)
    .where('captured_at', '=', from)
    .executeTakeFirst()
  if (!taken) return from
  const last = await transaction
    .selectFrom('frames as f')
    .select('f.captured_at')
    .where('f.camera', '=', camera)
    .where('f.captured_at', '>=', from)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('frames as g')
            .select('g.captured_at')
            .whereRef('g.camera', '=', 'f.camera')
            .where(sql<boolean>`g.captured_at = f.captured_at + 1`),
        ),
      ),
    )
    .orderBy('f.captured_at')
    .executeTakeFirstOrThrow()
  return last.captured_at + 1
}

/** Writes what became of a batch, in one go. @returns its events: publish them once this is committed */
export async function writeOutcome(
  transaction: Kysely<StateTables>,
  events: Events,
  { results, transitions, memory, points }: Outcome,
): Promise<EventRow[]> {
  if (results.length > 0) await transaction.insertInto('results').values(results).execute()
  for (const result of results) if (result.late) await markLate(transaction, result)
  if (memory.length > 0) await transaction.replaceInto('camera_states').values(memory).execute()
  for (const { camera, transition } of transitions) {
    const replaced = await saveTransition(transaction, camera, transition)
    points?.push(...transitionPoints(camera, replaced, [transition]))
  }
  if (points) await addPoints(transaction, points)
  return events.append(transaction, [
    ...results.map((result) => ({ kind: 'result' as const, data: resultEvent(result) })),
    ...transitions.map((one) => ({ kind: 'transition' as const, data: transitionEvent(one) })),
  ])
}

/**
 * A camera changes once at a time: a second change of the same instant replaces the first.
 * @returns what was replaced, none or one
 */
export async function saveTransition(
  transaction: Kysely<StateTables>,
  camera: string,
  transition: Transition,
): Promise<Transition[]> {
  const replaced = await transaction
    .selectFrom('transitions')
    .selectAll()
    .where('camera', '=', camera)
    .where('at', '=', transition.at)
    .execute()
  await transaction
    .insertInto('transitions')
    .values({ camera, ...transition })
    .onConflict((clash) => clash.columns(['camera', 'at']).doUpdateSet(transition))
    .execute()
  return replaced
}

/**
 * Points of a camera's changes as they are told now.
 * @param before those that were told of the same time: of these, what did not happen is marked, and what stays as it was is
 * not written again
 */
export function transitionPoints(camera: string, before: Transition[], now: Transition[]): Point[] {
  const keyOf = ({ at, to_state }: Transition) => `${at} ${to_state}`
  const told = new Map([...new Map(now.map((one) => [one.at, one])).values()].map((one) => [keyOf(one), one]))
  const known = new Map(before.map((one) => [keyOf(one), one]))
  const pointOf = (one: Transition, superseded = false) => pointOfTransition({ ...one, camera }, { superseded })
  const gone = [...known].filter(([key]) => !told.has(key)).map(([, one]) => pointOf(one, true))
  const changed = [...told].filter(([key, one]) => {
    const as = known.get(key)
    return !as || !isDeepStrictEqual(pointOf(as), pointOf(one))
  })
  return [...gone, ...changed.map(([, one]) => pointOf(one))]
}

/** Points of frames that have ended: of those with a result, and of those that were skipped. */
export function pointsOfFrames(results: { row: ResultsTable; pipelineMs: number }[], ended: FramesTable[]): Point[] {
  return [
    ...results.flatMap(({ row, pipelineMs }) => pointsOfResult(row, pipelineMs)),
    ...ended.map(pointOfSkipped).filter((point) => point !== null),
  ]
}

async function markLate(transaction: Kysely<StateTables>, { camera, captured_at }: ResultsTable) {
  await transaction
    .updateTable('frames')
    .set({ late: 1 })
    .where('camera', '=', camera)
    .where('captured_at', '=', captured_at)
    .execute()
}

function resultEvent({ camera, captured_at, state, confidence, reason, model, late }: ResultsTable) {
  return {
    frame: `${camera}/${captured_at}`,
    camera,
    state,
    confidence,
    reason,
    model: model || null,
    late: late === 1,
  }
}

function transitionEvent({ camera, transition }: CameraTransition) {
  const { at, from_state, to_state, reason, confidence, frame_at, model } = transition
  const frame = frame_at === null ? null : `${camera}/${frame_at}`
  return { camera, at, from: from_state, to: to_state, reason, confidence, frame, model }
}
