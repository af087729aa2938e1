import { link, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from './durable-files.ts'
import type { BackupFile, Manifest } from './manifest.ts'
import type { Pace } from './pace.ts'

/** A disk forgets: what is shared by all backups is read again this often, milliseconds. */
const CHECK_EVERY_MS = 7 * 86_400_000

/** Files of the backup before that are taken as they are: links to the same bytes on the disk. */
export class UnchangedFiles {
  readonly #folder: string
  readonly #files: Map<string, BackupFile>
  readonly #aside: string
  readonly #pace: Pace
  /** Of files that were taken. */
  sharedBytes = 0

  /** @param before null: there is none @param aside where the new backup is made */
  constructor(before: { folder: string; manifest: Manifest } | null, aside: string, pace: Pace) {
    this.#folder = before?.folder ?? ''
    this.#files = new Map(before?.manifest.files.map((file) => [file.path, file]))
    this.#aside = aside
    this.#pace = pace
  }

  /** The file of that path where it holds just this, or null. */
  find(path: string, wanted: Partial<Pick<BackupFile, 'content' | 'sha256'>>): BackupFile | null {
    const file = this.#files.get(path)
    const isSame = file && (wanted.content ?? file.content) === file.content
    return isSame && (wanted.sha256 ?? file.sha256) === file.sha256 ? file : null
  }

  /** Links it into the new backup. @returns what is known of it now; null where that cannot be, and it has to be written */
  async take(file: BackupFile): Promise<BackupFile | null> {
    const place = join(this.#aside, file.path)
    try {
      await link(join(this.#folder, file.path), place)
    } catch {
      return null // another disk, one that knows no links, or the backup before was removed meanwhile
    }
    const checked = await this.#checked(file, place)
    if (checked) this.sharedBytes += file.bytes
    else await rm(place)
    return checked
  }

  async #checked(file: BackupFile, place: string): Promise<BackupFile | null> {
    if (Date.now() - Date.parse(file.checkedAt) < CHECK_EVERY_MS) return file
    const { bytes, sha256 } = await digestOf(place, this.#pace)
    const isWhole = bytes === file.bytes && sha256 === file.sha256
    return isWhole ? { ...file, checkedAt: new Date().toISOString() } : null
  }
}
