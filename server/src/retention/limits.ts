import { statfs } from 'node:fs/promises'
import { MAX_FILE_BYTES } from '../database/frames/frame-store.ts'
import type { Settings } from '../settings.ts'

/** The file system that the data folder lies on, in bytes. */
export interface Disk {
  totalBytes: number
  /** What we may still write. */
  freeBytes: number
}

/** How much of the past is kept, and how much of the disk is left alone. */
export interface Limits {
  /** Frames stored longer ago than this, milliseconds, go. */
  ageMs: number
  /** What all frames files may take together. */
  bytes: number
  /** The oldest frames go where less than this is free on the disk. */
  freeBytes: number
  /** The disk counts as full where less than this is free: a transaction may need as much. */
  tightBytes: number
  /** Size of the file that is given up where the disk is full, so that rows can be written and frames go. */
  ballastBytes: number
  /** Results, transitions and readings older than this, milliseconds, go. */
  rowsAgeMs: number
  /** Hours of history older than this, milliseconds, go; never before the results that they tell of. */
  hoursAgeMs: number
  /** What state.db may take before its rows go sooner. */
  rowsBytes: number
}

/** Guarantee 10, and less on a disk that is small. */
const FREE_BYTES = 512 * 1024 ** 2
const BALLAST_BYTES = 64 * 1024 ** 2
const TIGHT_BYTES = 16 * 1024 ** 2
const AUTO_BYTES = 10e9
const LEAST_FILE_BYTES = 512 * 1024

export function limitsFor(
  settings: Pick<Settings, 'retainMs' | 'retainBytes' | 'retainResultsMs' | 'retainHistoryMs'>,
  { totalBytes }: Disk,
): Limits {
  const { retainMs, retainBytes, retainResultsMs, retainHistoryMs } = settings
  const bytes = retainBytes ?? Math.min(AUTO_BYTES, totalBytes / 2)
  return {
    ageMs: retainMs,
    bytes,
    freeBytes: Math.min(FREE_BYTES, totalBytes / 10),
    tightBytes: Math.min(TIGHT_BYTES, totalBytes / 50),
    ballastBytes: Math.round(Math.min(BALLAST_BYTES, totalBytes / 20)),
    rowsAgeMs: retainResultsMs,
    hoursAgeMs: Math.max(retainHistoryMs, retainResultsMs),
    rowsBytes: bytes / 4,
  }
}

/** Only whole files go: they are small enough for what goes to be a small part. */
export function fileBytesFor({ bytes }: Limits): number {
  return Math.max(LEAST_FILE_BYTES, Math.min(MAX_FILE_BYTES, bytes / 10))
}

export async function diskOf(folder: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(folder)
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail }
}
