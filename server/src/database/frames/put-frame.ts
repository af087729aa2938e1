import { hash } from 'node:crypto'
import type { NewFrame, Taken } from './frame-requests.ts'
import type { FramesFile, StoredFrame } from './frames-file.ts'
import type { FramesFiles } from './frames-files.ts'

/** How many of a camera's newest frames a frame without a time is compared with when it is sent again. */
const RESEND_WINDOW = 16

/**
 * Stores a frame, unless it is there already.
 * @param current the file that takes it, inside whose transaction this is
 * @param now milliseconds UTC
 */
export function putFrame(files: FramesFiles, current: FramesFile, frame: NewFrame, now: number): Taken {
  const { camera, capturedAt, receivedAt, dup, jpeg } = frame
  // No copy by Buffer.from: that lies in a pool of 8 kB, all of which would go with it from thread to thread.
  const sha256 = frame.sha256 ?? hash('sha256', jpeg, 'buffer')
  const isSame = (one: StoredFrame) => Buffer.compare(sha256, one.sha256) === 0
  if (capturedAt === null && dup) {
    const before = files.newestOf(camera, RESEND_WINDOW).find(isSame)
    if (before) return { kind: 'duplicate', frame: before }
  }
  const time = capturedAt ?? Math.max(receivedAt, files.lastTime(camera) + 1)
  const before = capturedAt === null ? null : files.find(camera, time)
  if (before) return { kind: isSame(before) ? 'duplicate' : 'collision', frame: before }
  const fresh = { camera, capturedAt: time, receivedAt, storedAt: now, size: jpeg.byteLength, sha256 }
  const stored = current.insert(fresh, jpeg, !frame.ended)
  files.note(current, stored)
  return { kind: 'stored', frame: stored, jpeg }
}
