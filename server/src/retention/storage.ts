import type { FramesFileState } from '../database/frames/frame-store.ts'
import type { Disk, Limits } from './limits.ts'
import { bytesOf } from './next-to-go.ts'

/** What is stored and what is free. Bytes; times are milliseconds UTC. */
export interface StorageState {
  /** Of all frames files. */
  bytes: number
  limitBytes: number
  /** Of frames that outlived their file and were copied out of it: none, as long as all files are there. */
  keptBytes: number
  freeBytes: number
  totalBytes: number
  /** Below it the oldest frames go. */
  leastFreeBytes: number
  /** Capture time of the oldest frame that was not kept, or null. */
  oldestAt: number | null
  /** When the oldest of these was stored: of frames stored before, only kept ones have their picture. */
  storedSince: number | null
  files: number
  /** Since the start. */
  prunedFrames: number
  prunedBytes: number
  stateBytes: number
  walBytes: number
}

export function storageOf(
  files: FramesFileState[],
  { totalBytes, freeBytes }: Disk,
  limits: Limits,
  more: { prunedFrames: number; prunedBytes: number; stateBytes: number; walBytes: number },
): StorageState {
  const kept = files.find(({ role }) => role === 'kept')
  const others = files.filter(({ role }) => role !== 'kept')
  return {
    bytes: bytesOf(files),
    limitBytes: limits.bytes,
    keptBytes: kept ? kept.bytes - kept.unusedBytes : 0,
    freeBytes,
    totalBytes,
    leastFreeBytes: limits.freeBytes,
    oldestAt: leastOf(others.map(({ oldestAt }) => oldestAt)),
    storedSince: leastOf(others.map(({ storedFrom }) => storedFrom)),
    files: files.length,
    ...more,
  }
}

function leastOf(times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length > 0 ? Math.min(...known) : null
}
