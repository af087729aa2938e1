import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FramesFile, type StoredFrame } from '../database/frames/frames-file.ts'
import { KEPT } from '../database/frames/frames-files.ts'
import { BackupError } from './backup-error.ts'

const PAGE = 200
const SLICE_BYTES = 16 * 1024 ** 2

/**
 * Brings frames of a backup to where the server keeps them: kept ones into one file, and those that wait for the pipeline
 * into one of those that take new frames, from where they go on.
 */
export class RestoredFrames {
  readonly #folder: string
  readonly #open = new Map<string, FramesFile>()

  /** @param folder of frames, in the data folder that is made */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Takes all frames of a file over, and compares their bytes with what is stored then.
   * @param path a file of kept frames, copied out of the backup
   * @throws BackupError `damaged` where it is no file of frames, or the disk gives back other bytes
   */
  takeOver(path: string): void {
    refuseStrange(path)
    const source = FramesFile.open(dirname(path), basename(path), { readOnly: true })
    try {
      for (let row = 0; ; ) {
        const page = source.after(row, PAGE)
        for (let from = 0; from < page.length; ) from += this.#takeSome(page.slice(from), source)
        if (page.length < PAGE) return
        row = page.at(-1)?.row ?? row
      }
    } finally {
      source.close()
    }
  }

  /** Where all is on the disk, without journals. */
  async close(): Promise<void> {
    for (const [name, file] of this.#open) {
      file.settle()
      file.close()
      await rm(join(this.#folder, `${name}-journal`), { force: true })
    }
    this.#open.clear()
  }

  /** @returns how many were taken over: at least one, as long as they fit into a slice */
  #takeSome(frames: StoredFrame[], source: FramesFile): number {
    const taken: { frame: StoredFrame; jpeg: Uint8Array; pending: boolean }[] = []
    let bytes = 0
    for (const frame of frames) {
      if (bytes > SLICE_BYTES) break
      const jpeg = source.jpeg(frame.row)
      if (!jpeg) throw damaged(source.name, 'a frame has no bytes')
      taken.push({ frame, jpeg, pending: source.isPending(frame.camera, frame.capturedAt) })
      bytes += jpeg.byteLength
    }
    for (const name of new Set(taken.map(fileFor)))
      this.#store(
        name,
        taken.filter((one) => fileFor(one) === name),
      )
    return taken.length
  }

  #store(name: string, taken: { frame: StoredFrame; jpeg: Uint8Array; pending: boolean }[]) {
    const file = this.#open.get(name) ?? FramesFile.open(this.#folder, name, { readOnly: false })
    this.#open.set(name, file)
    const stored = file.transaction(() => taken.map(({ frame, jpeg, pending }) => file.insert(frame, jpeg, pending)))
    for (const [i, { row }] of stored.entries()) {
      const [written, read] = [taken[i]?.jpeg, file.jpeg(row)]
      if (!written || !read || hash('sha256', read) !== hash('sha256', written))
        throw damaged(name, 'the disk gives back other bytes than were written')
    }
  }
}

function fileFor({ frame, pending }: { frame: StoredFrame; pending: boolean }): string {
  return pending ? `${new Date(frame.storedAt).toISOString().slice(0, 10)}-1.db` : KEPT
}

/** Whoever wrote it, only tables are read: a view or a trigger would have us do what it says. */
export function refuseStrange(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const strange = database
      .prepare("select 1 from sqlite_schema where type not in ('table', 'index') or sql like 'create virtual%'")
      .get()
    // Hidden is what is computed, with or without the words `generated always`.
    const computed = () =>
      database
        .prepare("select 1 from sqlite_schema t, pragma_table_xinfo(t.name) c where t.type = 'table' and c.hidden <> 0")
        .get()
    const frames = database.prepare("select 1 from sqlite_schema where type = 'table' and name = 'frames'").get()
    if (strange || computed() || !frames) throw damaged(path, 'it holds something else than frames')
  } catch (error) {
    if (error instanceof BackupError) throw error
    throw damaged(path, (error as Error).message)
  } finally {
    database.close()
  }
}

function damaged(path: string, why: string): BackupError {
  return new BackupError('damaged', `${path} cannot be restored: ${why}; restore another backup`)
}
