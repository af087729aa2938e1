import { readdirSync, statSync } from 'node:fs'
import { type FrameId, FramesFile, type StoredFrame } from './frames-file.ts'
import { byAge, KEPT } from './frames-files.ts'

/** A file that is gone keeps its room on the disk while anybody has it open. */
const LOOK_MS = 500

/** Capture times of all frames of a file, or of more; milliseconds UTC, both inclusive. */
type Range = ReturnType<FramesFile['range']>

interface OpenFile {
  file: FramesFile
  inode: number
  /** Null where it may still grow. */
  range: Range | null
}

function isWithin(range: Range | null, time: number): boolean {
  return range === null || (time >= range.low && time <= range.high)
}

/**
 * Reads frames straight from the files, synchronously: for threads and processes that may wait for the disk, never
 * for the server's event loop.
 */
export class FrameReader {
  readonly #folder: string
  readonly #open = new Map<string, OpenFile>()
  #looking: NodeJS.Timeout | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The bytes of a stored frame, or null where they were pruned. */
  jpeg({ file, row }: Pick<StoredFrame, 'file' | 'row'>): Uint8Array | null {
    return this.#file(file)?.jpeg(row) ?? null
  }

  /** The frame of that id, or null. */
  find(camera: string, capturedAt: number): StoredFrame | null {
    for (const { file, range } of this.#files()) {
      const frame = isWithin(range, capturedAt) ? file.find(camera, capturedAt) : null
      if (frame) return frame
    }
    return null
  }

  /**
   * What the source took last before then, the newest first, at most `count`. Files are looked through from the newest on,
   * and only those that can hold one of them.
   */
  before(camera: string, capturedAt: number, count: number): { capturedAt: number; bytes: Uint8Array }[] {
    let found: { capturedAt: number; bytes: Uint8Array }[] = []
    for (const { file, range } of this.#files()) {
      const oldest = found.length < count ? Number.NEGATIVE_INFINITY : (found.at(-1)?.capturedAt ?? 0)
      if (range && (range.low >= capturedAt || range.high <= oldest)) continue
      const more = file.before(camera, capturedAt, count)
      // What was kept of a file that goes stands in both for a while.
      const all = new Map([...found, ...more].map((one) => [one.capturedAt, one]))
      found = [...all.values()].sort((a, b) => b.capturedAt - a.capturedAt).slice(0, count)
    }
    return found
  }

  /** Whether the frame is stored and its end is not recorded, or not marked here yet. */
  isPending(camera: string, capturedAt: number): boolean {
    for (const { file, range } of this.#files())
      if (isWithin(range, capturedAt) && file.isPending(camera, capturedAt)) return true
    return false
  }

  /** For each frame, whether it is stored. Each file is asked once, and only where it can hold one of them. */
  has(frames: FrameId[]): boolean[] {
    const missing = new Set(frames)
    for (const { file, range } of this.#files()) {
      const asked = [...missing].filter(({ capturedAt }) => isWithin(range, capturedAt))
      if (asked.length > 0) for (const frame of file.those(asked)) missing.delete(frame)
      if (missing.size === 0) break
    }
    return frames.map((frame) => !missing.has(frame))
  }

  /** What is known of those of the frames that are stored, each once, in no order. */
  described(frames: FrameId[]): StoredFrame[] {
    const missing = new Map(frames.map((frame) => [keyOf(frame), frame]))
    const found: StoredFrame[] = []
    for (const { file, range } of this.#files()) {
      const asked = [...missing.values()].filter(({ capturedAt }) => isWithin(range, capturedAt))
      for (const frame of asked.length > 0 ? file.described(asked) : [])
        if (missing.delete(keyOf(frame))) found.push(frame)
      if (missing.size === 0) break
    }
    return found
  }

  /** The bytes of each frame; null where they are not stored. Of few bytes many: all of them are in memory at once. */
  bytesOf(frames: FrameId[]): (Uint8Array | null)[] {
    const missing = new Map(frames.map((frame) => [keyOf(frame), frame]))
    const found = new Map<string, Uint8Array>()
    for (const { file, range } of this.#files()) {
      const asked = [...missing.values()].filter(({ capturedAt }) => isWithin(range, capturedAt))
      for (const { bytes, ...frame } of asked.length > 0 ? file.bytesOf(asked) : [])
        if (missing.delete(keyOf(frame))) found.set(keyOf(frame), bytes)
      if (missing.size === 0) break
    }
    return frames.map((frame) => found.get(keyOf(frame)) ?? null)
  }

  /** Names of the files that take new frames, or did; the oldest first. */
  dated(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.db') && name !== KEPT)
      .sort(byAge)
  }

  /** Frames of a file by row, or those of them that wait for the pipeline; none where it is gone. */
  after(file: string, row: number, limit: number, { pending }: { pending: boolean }): StoredFrame[] {
    const opened = this.#file(file)
    return (pending ? opened?.pendingAfter(row, limit) : opened?.after(row, limit)) ?? []
  }

  /** The row of the newest frame of a file; 0 where it has none. */
  lastRow(file: string): number {
    return this.#file(file)?.lastRow() ?? 0
  }

  close() {
    if (this.#looking) clearInterval(this.#looking)
    for (const name of this.#open.keys()) this.#close(name)
  }

  /**
   * The newest first. Kept frames last, listed or not: a file goes only after its frames were kept. Each is opened when
   * its turn comes. Only the newest and the kept ones grow: of all others the range is known.
   */
  *#files(): Generator<{ file: FramesFile; range: Range | null }> {
    const [newest, ...full] = this.dated().reverse()
    for (const name of [newest, ...full, KEPT]) {
      const open = name === undefined ? null : this.#opened(name)
      if (!open) continue
      if (name !== newest && name !== KEPT) open.range ??= open.file.range()
      yield open
    }
  }

  #file(name: string): FramesFile | null {
    return this.#opened(name)?.file ?? null
  }

  #opened(name: string): OpenFile | null {
    const inode = this.#inode(name)
    const known = this.#open.get(name)
    if (known && known.inode === inode) return known
    this.#close(name)
    if (inode === null) return null
    try {
      const open = { file: FramesFile.open(this.#folder, name, { readOnly: true }), inode, range: null }
      this.#open.set(name, open)
      this.#looking ??= setInterval(() => this.#closeGone(), LOOK_MS).unref()
      return open
    } catch (error) {
      // The day's new file exists an instant before its tables do: it holds no frame yet. Another goes at this moment.
      if (/no such table|unable to open/.test((error as Error).message)) return null
      throw error
    }
  }

  #closeGone() {
    for (const [name, { inode }] of this.#open) if (this.#inode(name) !== inode) this.#close(name)
  }

  #close(name: string) {
    this.#open.get(name)?.file.close()
    this.#open.delete(name)
  }

  #inode(name: string): number | null {
    return statSync(`${this.#folder}/${name}`, { throwIfNoEntry: false })?.ino ?? null
  }
}

function keyOf({ camera, capturedAt }: FrameId): string {
  return `${camera}/${capturedAt}`
}
