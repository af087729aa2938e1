import type { LaneCounts } from './jobs.ts'
import type { Lane } from './kinds.ts'

/** Lanes whose jobs a job worker does. */
export const BY_WORKERS: ReadonlySet<Lane> = new Set(['worker', 'laboratory'])

/**
 * Whether one more job of that lane finds a worker. The laboratory leaves one to the lane `worker` where there are two, and
 * goes after it where there is one: whoever runs the place does not wait for analysts, but for what they have begun.
 * @param workers how many pieces of work they do at once
 */
export function hasRoom(lane: Lane, { running, due }: LaneCounts, workers: number): boolean {
  if (!BY_WORKERS.has(lane)) return true
  const free = workers - running.worker - running.laboratory
  if (lane === 'worker') return free > 0
  const isKept = running.worker === 0 && (workers > 1 || due.worker > 0)
  return free > (isKept ? 1 : 0)
}
