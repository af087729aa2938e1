import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** `sun_path` of unix(7) holds 108 bytes, and the last is a zero. */
const MOST_PATH_BYTES = 107

/** Where a server and its workers of one sort meet: a socket in a folder. */
export interface Meeting {
  folder: string
  name: string
  /**
   * Whether the folder is somebody else's, who says by its group and its bits who may come; else it is made for the
   * server's user alone.
   */
  isShared: boolean
}

/** Of those who have the data folder and its user. */
export function jobWorkerMeeting(dataDir: string): Meeting {
  return { folder: join(dataDir, 'run'), name: 'worker.sock', isShared: false }
}

/** Of those who run programs, perhaps as another user. @param folder empty: in the data folder */
export function programsMeeting(dataDir: string, folder: string): Meeting {
  return { folder: folder || join(dataDir, 'run'), name: 'programs.sock', isShared: folder !== '' }
}

export interface MeetingPoint {
  path: string
  /** Gives back what a long path needs; the socket cannot be reached by `path` any more. */
  close(): void
}

/**
 * The socket of a meeting. Where its path is too long for a socket, the folder is held open and the path leads
 * through it (Linux); the socket itself stands in the folder all the same.
 */
export function meetingPoint({ folder, name }: Meeting): MeetingPoint {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return { path, close: () => {} }
  const descriptor = openSync(folder, 'r')
  return { path: `/proc/self/fd/${descriptor}/${name}`, close: () => closeSync(descriptor) }
}

/** Makes the folder where it is nobody else's, and takes away the socket that a killed server left. Only for who holds the data folder. */
export function clearMeetingPoint({ folder, name, isShared }: Meeting): void {
  if (!isShared) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
  rmSync(join(folder, name), { force: true })
}

/** Who may connect: the server's user, and where the folder is shared its group too. */
export function socketMode({ isShared }: Meeting): number {
  return isShared ? 0o660 : 0o600
}
