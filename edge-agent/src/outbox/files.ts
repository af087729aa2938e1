import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, truncate, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isName, parseMilliseconds } from '@ajar/protocol'

/** A frame as the folder knows it. */
export interface FrameFile {
  camera: string
  capturedAtMs: number
}

/** What a start finds in the folder. */
export interface Inventory {
  /** Frames to send, with their sizes. */
  frames: (FrameFile & { bytes: number })[]
  /** Frames that are gone, whose names were kept because they were the last of their cameras. */
  names: FrameFile[]
}

const STAT_AT_ONCE = 64

/**
 * The outbox on disk: one folder, one file per frame. A frame is written to `*.tmp`, synced, renamed to `*.jpg` and the
 * folder synced, so that at any instant a `*.jpg` is whole; a `*.tmp` is what a crash left behind. A frame that is done
 * with becomes nothing or, where its name must be remembered, an empty `*.last`.
 *
 * Every call is asynchronous and rejects with the error of the operating system.
 */
export class FrameFiles {
  readonly #folder: string
  #handle: FileHandle | null = null
  /** The folder sync that runs, and the one that will run after it for all who came meanwhile. */
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the folder, sweeps what a crash left behind and says what is there, oldest first. */
  async open(): Promise<Inventory> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await syncFolder(dirname(this.#folder))
    this.#handle = await open(this.#folder, 'r')
    const found: Inventory = { frames: [], names: [] }
    const names = await readdir(this.#folder)
    for (let i = 0; i < names.length; i += STAT_AT_ONCE) {
      await Promise.all(names.slice(i, i + STAT_AT_ONCE).map((name) => this.#take(name, found)))
    }
    found.frames.sort((a, b) => a.capturedAtMs - b.capturedAtMs)
    return found
  }

  async close(): Promise<void> {
    await this.#running.catch(() => {})
    await this.#handle?.close()
    this.#handle = null
  }

  /** Resolves when a power cut could not take the frame away any more. */
  async write(frame: FrameFile, jpeg: Uint8Array): Promise<void> {
    const temporary = this.#path(frame, 'tmp')
    try {
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(jpeg)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.#path(frame, 'jpg'))
    } catch (error) {
      // Half a file must not take the room of a whole one on a full disk; if even this fails, the next start sweeps it.
      await unlink(temporary).catch(() => {})
      throw error
    }
    await this.#syncFolder()
  }

  async read(frame: FrameFile): Promise<Uint8Array> {
    return await readFile(this.#path(frame, 'jpg'))
  }

  /**
   * Deletes a frame. Not synced: a power cut may bring it back, and then it is sent once more with the same id and
   * bytes, which the server drops.
   */
  async remove(frame: FrameFile): Promise<void> {
    await unlink(this.#path(frame, 'jpg'))
  }

  /** Deletes a frame but for its name. */
  async keepName(frame: FrameFile): Promise<void> {
    await rename(this.#path(frame, 'jpg'), this.#path(frame, 'last'))
    await truncate(this.#path(frame, 'last'))
  }

  async removeName(frame: FrameFile): Promise<void> {
    await unlink(this.#path(frame, 'last'))
  }

  async #take(name: string, found: Inventory): Promise<void> {
    const path = join(this.#folder, name)
    const [camera = '', time = '', kind, ...rest] = name.split('.')
    const capturedAtMs = parseMilliseconds(time)
    if (!isName(camera) || capturedAtMs === null || rest.length > 0) return
    if (kind === 'tmp') await unlink(path)
    if (kind === 'last') found.names.push({ camera, capturedAtMs })
    if (kind === 'jpg') found.frames.push({ camera, capturedAtMs, bytes: (await stat(path)).size })
  }

  #path({ camera, capturedAtMs }: FrameFile, kind: 'tmp' | 'jpg' | 'last'): string {
    return join(this.#folder, `${camera}.${capturedAtMs}.${kind}`)
  }

  /** One sync of the folder covers every rename before it, so frames that come fast share it. */
  #syncFolder(): Promise<void> {
    if (this.#next) return this.#next
    const turn = this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#handle?.sync()
      })
    this.#next = turn
    this.#running = turn
    return turn
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
