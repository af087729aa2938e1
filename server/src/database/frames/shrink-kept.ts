import type { FramesFile } from './frames-file.ts'
import type { FramesFiles } from './frames-files.ts'

/** More is not copied at once: frames that come in wait as long. */
const SLICE_BYTES = 1024 * 1024
const SLICE_FRAMES = 256
/** Less is not worth a copy. */
const LEAST_UNUSED_BYTES = 1024 * 1024

/**
 * Gives the disk the room back that removed frames left in the file of kept frames: SQLite keeps it for others, and
 * meanwhile it counts. Where that is more than half of the file, the rest is copied in slices into another one, which
 * takes its place. Killed at any moment, one of the two is whole.
 */
export class ShrinkKept {
  readonly #files: FramesFiles
  #copy: { of: FramesFile; edits: number; to: FramesFile; row: number } | null = null

  constructor(files: FramesFiles) {
    this.#files = files
  }

  /** Copies a slice, where there is something to do. @returns whether there is more */
  step(): boolean {
    try {
      const copy = this.#copyUnderWay()
      if (!copy) return false
      const frames = copy.of.after(copy.row, SLICE_FRAMES)
      if (frames.length > 0) {
        copy.row = copy.to.takeOver(frames, copy.of, SLICE_BYTES)
        return true
      }
      this.#copy = null
      this.#files.replaceKept(copy.to)
      return false
    } catch (error) {
      this.discard()
      throw error
    }
  }

  discard() {
    this.#copy?.to.close()
    this.#copy = null
    this.#files.removeFreshKept()
  }

  /** What was copied is not so any more where frames were removed or renamed meanwhile: then it begins anew. */
  #copyUnderWay() {
    const { kept } = this.#files
    if (this.#copy && (this.#copy.of !== kept || this.#copy.edits !== kept.edits)) this.discard()
    if (!this.#copy && kept && isWasteful(kept))
      this.#copy = { of: kept, edits: kept.edits, to: this.#files.openFreshKept(), row: 0 }
    return this.#copy
  }
}

function isWasteful(file: FramesFile): boolean {
  const unused = file.unusedBytes()
  return unused >= LEAST_UNUSED_BYTES && unused > file.bytes() / 2
}
