import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** `sun_path` of unix(7) holds 108 bytes, and the last is a zero. */
const MOST_PATH_BYTES = 107
const NAME = 'worker.sock'

/** Where server and worker meet: a socket in a folder that is the server's user's alone. */
export interface MeetingPoint {
  path: string
  /** Gives back what a long path needs; the socket cannot be reached by `path` any more. */
  close(): void
}

/**
 * The socket of a data folder. Where its path is too long for a socket, the folder is held open and the path leads
 * through it (Linux); the socket itself stands in the data folder all the same.
 */
export function meetingPoint(dataDir: string): MeetingPoint {
  const folder = join(dataDir, 'run')
  const path = join(folder, NAME)
  if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return { path, close: () => {} }
  const descriptor = openSync(folder, 'r')
  return { path: `/proc/self/fd/${descriptor}/${NAME}`, close: () => closeSync(descriptor) }
}

/** Makes the folder for nobody else, and takes away the socket that a killed server left. Only for who holds the data folder. */
export function clearMeetingPoint(dataDir: string): void {
  const folder = join(dataDir, 'run')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  rmSync(join(folder, NAME), { force: true })
}
