import { statfs } from 'node:fs/promises'
import { BackupError } from './backup-error.ts'
import { megabytes } from './megabytes.ts'

/** What is written before the disk is looked at again. */
const LOOK_BYTES = 16 * 1024 ** 2

/** Watches that the disk of the backups keeps room for everybody else. */
export class Room {
  readonly #folder: string
  readonly #leastFreeBytes: number
  #written = 0

  /** @param leastFreeBytes stay free */
  constructor(folder: string, leastFreeBytes: number) {
    this.#folder = folder
    this.#leastFreeBytes = leastFreeBytes
  }

  /** @throws BackupError `no_room` where so many bytes more would not leave enough */
  async require(bytes: number): Promise<void> {
    const { bsize, bavail } = await statfs(this.#folder)
    const missing = bytes + this.#leastFreeBytes - bsize * bavail
    if (missing <= 0) return
    const message =
      `the disk of ${this.#folder} lacks ${megabytes(missing)}: ${megabytes(bytes)} are to be written, and ` +
      `${megabytes(this.#leastFreeBytes)} stay free; make room, set AJAR_BACKUPS_KEPT lower, or AJAR_BACKUP_DIR to another disk`
    throw new BackupError('no_room', message, 'environment')
  }

  /** So many bytes were written: others may have written too. @throws BackupError `no_room` */
  async wrote(bytes: number): Promise<void> {
    this.#written += bytes
    if (this.#written < LOOK_BYTES) return
    this.#written = 0
    await this.require(0)
  }
}
