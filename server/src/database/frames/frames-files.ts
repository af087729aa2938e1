import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FramesFile, type StoredFrame } from './frames-file.ts'

/** Frames that outlive the file they came in. It takes no new ones. */
export const KEPT = 'kept.db'
/** Where kept frames are copied to, until it takes the place of the file they are in. Nobody reads it before. */
const FRESH_KEPT = 'kept.new'
/** A file whose frames are gone, until the disk has taken it back. */
const GONE = '.gone'
const JOURNAL = '-journal'

/** All frames files of a folder, each of which only this object writes. */
export class FramesFiles {
  readonly #folder: string
  readonly #maxFileBytes: number
  /** Oldest first; the last one takes new frames. */
  readonly #dated: FramesFile[]
  #kept: FramesFile | null
  /** Capture times each file holds: almost every frame is newer than all older files, and they need no look. */
  readonly #ranges = new Map<FramesFile, { low: number; high: number }>()
  /** The last capture time of each camera seen since the start. */
  readonly #lastTimes = new Map<string, number>()
  #rotates = false
  #notesAreWrong = true

  private constructor(folder: string, maxFileBytes: number, dated: FramesFile[], kept: FramesFile | null) {
    this.#folder = folder
    this.#maxFileBytes = maxFileBytes
    this.#dated = dated
    this.#kept = kept
  }

  /** @param maxFileBytes a new file begins when the one before holds this much */
  static open(folder: string, maxFileBytes: number): FramesFiles {
    mkdirSync(folder, { recursive: true })
    const open = (name: string) => FramesFile.open(folder, name, { readOnly: false })
    const names = readdirSync(folder).filter((name) => name.endsWith('.db'))
    const dated = names.filter((name) => name !== KEPT).sort(byAge)
    const files = new FramesFiles(folder, maxFileBytes, dated.map(open), names.includes(KEPT) ? open(KEPT) : null)
    for (const file of files.#dated.slice(0, -1)) file.settle()
    files.removeFreshKept()
    files.correctNotes()
    return files
  }

  /** Every file, newest frames last. */
  get all(): FramesFile[] {
    return this.#kept ? [this.#kept, ...this.#dated] : [...this.#dated]
  }

  /** The file that took the last frame, or null where there is none yet. */
  get newest(): FramesFile | null {
    return this.#dated.at(-1) ?? null
  }

  named(name: string): FramesFile | null {
    return this.all.find((file) => file.name === name) ?? null
  }

  /** One file a day, and another of the same day where the first is full. A clock that was set back opens no old file. */
  forNewFrames(now: number): FramesFile {
    const today = new Date(now).toISOString().slice(0, 10)
    const last = this.newest
    const age = last ? ageOf(last.name) : { day: '', number: 0 }
    const ofToday = age.day >= today
    if (last && ofToday && !this.#rotates && last.bytes() < this.#maxFileBytes) return last
    last?.settle()
    const file = this.#open(ofToday ? `${age.day}-${age.number + 1}.db` : `${today}-1.db`)
    this.#dated.push(file)
    this.#rotates = false
    return file
  }

  /** The next frame begins a new file. */
  rotate(now: number) {
    this.#rotates = this.newest !== null && !this.newest.isEmpty()
    this.forNewFrames(now)
  }

  /** Kept frames, or null where there were none yet. */
  get kept(): FramesFile | null {
    return this.#kept
  }

  /** An empty file that kept frames are copied to. */
  openFreshKept(): FramesFile {
    this.removeFreshKept()
    return FramesFile.open(this.#folder, FRESH_KEPT, { readOnly: false })
  }

  removeFreshKept() {
    for (const end of ['', JOURNAL]) rmSync(join(this.#folder, FRESH_KEPT + end), { force: true })
  }

  /** Puts the file that the kept frames were copied to in the place of theirs. */
  replaceKept(fresh: FramesFile) {
    const place = join(this.#folder, KEPT)
    fresh.close()
    if (this.#kept) {
      this.#ranges.delete(this.#kept)
      this.#kept.close()
    }
    // Both were closed in order: neither journal holds anything, and that of the one is not taken for the other's.
    for (const name of [KEPT, FRESH_KEPT]) rmSync(join(this.#folder, name + JOURNAL), { force: true })
    try {
      renameSync(join(this.#folder, FRESH_KEPT), place)
      const folder = openSync(this.#folder, 'r')
      fsyncSync(folder) // before anything is kept only there
      closeSync(folder)
    } finally {
      this.#kept = this.#open(KEPT)
    }
  }

  /** What the file takes on the disk, with its journal. */
  bytesOf(file: FramesFile): number {
    return file.bytes() + (statSync(join(this.#folder, file.name + JOURNAL), { throwIfNoEntry: false })?.size ?? 0)
  }

  /** Where kept frames go; made when it is needed first. */
  forKeptFrames(): FramesFile {
    this.#kept ??= this.#open(KEPT)
    return this.#kept
  }

  find(camera: string, capturedAt: number): StoredFrame | null {
    for (const file of this.all.reverse()) {
      const range = this.#ranges.get(file)
      if (!range || capturedAt < range.low || capturedAt > range.high) continue
      const frame = file.find(camera, capturedAt)
      if (frame) return frame
    }
    return null
  }

  /** The camera's last capture time, or -1. */
  lastTime(camera: string): number {
    let time = this.#lastTimes.get(camera)
    if (time === undefined) {
      time = Math.max(-1, ...this.newestOf(camera, 1).map((frame) => frame.capturedAt))
      this.#lastTimes.set(camera, time)
    }
    return time
  }

  newestOf(camera: string, limit: number): StoredFrame[] {
    return newestFirst(
      this.all.flatMap((file) => file.newest(camera, limit)),
      limit,
    )
  }

  pending(camera: string, before: number, limit: number): StoredFrame[] {
    return newestFirst(
      this.all.flatMap((file) => file.pendingBefore(camera, before, limit)),
      limit,
    )
  }

  pendingCounts(): { camera: string; count: number }[] {
    const counts = new Map<string, number>()
    for (const { camera, count } of this.all.flatMap((file) => file.pendingCounts()))
      counts.set(camera, (counts.get(camera) ?? 0) + count)
    return [...counts].map(([camera, count]) => ({ camera, count }))
  }

  /** Capture times of the file's frames, from memory. */
  rangeOf(file: FramesFile): { low: number; high: number } {
    return this.#ranges.get(file) ?? { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
  }

  /** A frame was inserted into the file. */
  note(file: FramesFile, { camera, capturedAt }: StoredFrame) {
    this.#lastTimes.set(camera, Math.max(this.lastTime(camera), capturedAt))
    const { low, high } = this.rangeOf(file)
    this.#ranges.set(file, { low: Math.min(low, capturedAt), high: Math.max(high, capturedAt) })
  }

  /** A transaction failed, or cameras changed their names: what was noted is not so. It is read again when it is needed. */
  forgetNotes() {
    this.#notesAreWrong = true
  }

  /** Reads again what is known to be wrong. */
  correctNotes() {
    if (!this.#notesAreWrong) return
    this.#lastTimes.clear()
    for (const file of this.all) this.#ranges.set(file, file.range())
    this.#notesAreWrong = false
  }

  /** Takes a file out of sight. Its bytes leave the disk with `clearGone`, which may take long. */
  drop(file: FramesFile) {
    file.close()
    this.#dated.splice(0, this.#dated.length, ...this.#dated.filter((one) => one !== file))
    if (this.#kept === file) this.#kept = null
    this.#ranges.delete(file)
    // First the name: a journal without its file is nothing, a file without its journal may be half a transaction.
    renameSync(join(this.#folder, file.name), join(this.#folder, file.name + GONE))
    rmSync(join(this.#folder, file.name + JOURNAL), { force: true })
  }

  close() {
    for (const file of this.all) file.close()
  }

  #open(name: string): FramesFile {
    const file = FramesFile.open(this.#folder, name, { readOnly: false })
    this.#ranges.set(file, file.range())
    return file
  }
}

export function isGone(name: string): boolean {
  return name.endsWith(GONE)
}

function newestFirst(frames: StoredFrame[], limit: number): StoredFrame[] {
  return frames.sort((a, b) => b.capturedAt - a.capturedAt).slice(0, limit)
}

function ageOf(name: string): { day: string; number: number } {
  const [, day = '', number = '0'] = /^(\d{4}-\d{2}-\d{2})-(\d+)\.db$/.exec(name) ?? []
  return { day, number: Number(number) }
}

/** In the order in which they took frames. */
export function byAge(a: string, b: string): number {
  const [one, other] = [ageOf(a), ageOf(b)]
  return one.day === other.day ? one.number - other.number : one.day < other.day ? -1 : 1
}
