import { type Kysely, sql } from 'kysely'
import type { FrameId } from './frames/frame-store.ts'
import type { StateTables } from './schema.ts'

/**
 * Which frames outlive their file: those that somebody labelled, also for another camera, and those of transitions. What
 * is to be ignored is not kept for that; what is unclear is, for it may become clear.
 */

/**
 * Whether a camera is half renamed, so that its labels and its frames do not find each other: nothing may go then.
 * @param database a transaction where nobody else writes, where the answer is to hold as long
 */
export async function isRenaming(database: Kysely<StateTables>): Promise<boolean> {
  return (await database.selectFrom('camera_renames').select('from_camera').executeTakeFirst()) !== undefined
}

/** Kept frames captured in [from, to], milliseconds UTC. */
export async function keptFrames(database: Kysely<StateTables>, from: number, to: number): Promise<FrameId[]> {
  const { rows } = await sql<FrameId>`
    select camera, captured_at as "capturedAt" from labels
    where captured_at between ${from} and ${to} and state <> 'ignore'
    union select source, captured_at from borrowed_labels where captured_at between ${from} and ${to}
    union select camera, frame_at from transitions where frame_at between ${from} and ${to}`.execute(database)
  return rows
}

/** Those of the frames that nothing keeps any more. */
export async function notKept(database: Kysely<StateTables>, frames: FrameId[]): Promise<FrameId[]> {
  if (frames.length === 0) return []
  const times = frames.map(({ capturedAt }) => capturedAt)
  const kept = await keptFrames(database, Math.min(...times), Math.max(...times))
  const keys = new Set(kept.map(({ camera, capturedAt }) => `${camera}/${capturedAt}`))
  return frames.filter(({ camera, capturedAt }) => !keys.has(`${camera}/${capturedAt}`))
}
