import type { FramesFileState } from '../database/frames/frame-store.ts'
import type { Limits } from './limits.ts'

/** Why a file of frames goes: they are too old, take too much, or the disk has too little room. */
export type Reason = 'age' | 'bytes' | 'space'

/**
 * The file whose frames go next, or null where all may stay. Only the oldest can go. The one that takes new frames
 * goes for its age, or where it alone takes more than all may; never to make room on the disk.
 * @param files the oldest first
 * @param freeBytes what is free on the disk
 * @param now milliseconds UTC, as far as the clock is believed
 */
export function nextToGo(
  files: FramesFileState[],
  freeBytes: number,
  limits: Limits,
  now: number,
): { file: FramesFileState; reason: Reason } | null {
  const [oldest] = files.filter(({ role }) => role !== 'kept')
  if (!oldest) return null
  const isFull = oldest.role === 'full'
  const isEmpty = oldest.oldestAt === null
  if (isEmpty) return isFull ? { file: oldest, reason: 'age' } : null
  // By when the last of its frames was stored: a backlog or a replay of old pictures has its days too.
  if (oldest.storedTo !== null && now - oldest.storedTo > limits.ageMs) return { file: oldest, reason: 'age' }
  if (bytesOf(files) > limits.bytes && (isFull || oldest.bytes > limits.bytes)) return { file: oldest, reason: 'bytes' }
  if (freeBytes < limits.freeBytes && isFull) return { file: oldest, reason: 'space' }
  return null
}

export function bytesOf(files: FramesFileState[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
