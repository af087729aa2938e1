import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ThreadCalls } from '../thread-calls.ts'
import type { DroppedFile, FramesFileState, FramesRequest, NewFrame, PutResult, Taken } from './frame-requests.ts'
import type { FrameId, StoredFrame } from './frames-file.ts'
import { isGone } from './frames-files.ts'
import type { FramesThreadOptions } from './frames-thread.ts'

export type { DroppedFile, FramesFileState, NewFrame, PutResult, Taken } from './frame-requests.ts'
export type { FrameId, StoredFrame } from './frames-file.ts'

/** Guarantee 2. */
export const MAX_FILE_BYTES = 4 * 1024 ** 3
/** Ids that go to the thread at once. */
const KEEP_SLICE = 256

/**
 * The archive of frames: durable when `put` resolves, and it knows which frames the pipeline has not finished.
 * `put`, `finish` and `pending` wait while the disk refuses; what cares for stored frames rejects then (SqliteError),
 * and may be repeated.
 */
export class FrameStore {
  readonly #folder: string
  readonly #calls: ThreadCalls<FramesRequest>

  private constructor(folder: string, calls: ThreadCalls<FramesRequest>) {
    this.#folder = folder
    this.#calls = calls
  }

  /**
   * @param folder where the frames files lie; made when missing
   * @param onHeld told why the disk refuses, and null when it works again
   * @param maxFileBytes a new file begins when the one before holds this much
   */
  static async open(
    folder: string,
    onHeld: (why: string | null) => void,
    maxFileBytes = MAX_FILE_BYTES,
  ): Promise<FrameStore> {
    const options: FramesThreadOptions = { folder, maxFileBytes }
    const file = new URL('./frames-thread.ts', import.meta.url)
    const store = new FrameStore(folder, await ThreadCalls.open(file, options, onHeld))
    await store.clearGone()
    return store
  }

  /** Why the disk refuses frames right now, or null. */
  get held(): string | null {
    return this.#calls.held
  }

  /**
   * Stores a frame; resolves when it is on the disk. While the disk refuses it waits; it rejects only on close.
   * The ArrayBuffer of the bytes moves to the store's thread and, where the frame is new, comes back with the result.
   */
  put(frame: NewFrame): Promise<Taken>
  /** @param giveUpAt milliseconds UTC: where the disk has not taken it by then, it is not stored at all */
  put(frame: NewFrame, giveUpAt: number | null): Promise<PutResult>
  put(frame: NewFrame, giveUpAt: number | null = null): Promise<PutResult> {
    return this.#calls.call({ kind: 'put', frame, giveUpAt }, [frame.jpeg.buffer as ArrayBuffer])
  }

  /** Marks frames as through the pipeline, whatever their cameras are called by now; one that was removed is left out. */
  finish(frames: StoredFrame[]): Promise<void> {
    return this.#calls.call({
      kind: 'finish',
      frames: frames.map(({ file, row, capturedAt }) => ({ file, row, capturedAt })),
    })
  }

  /** The camera's unfinished frames captured before `before`, newest first. */
  pending(camera: string, before: number, limit: number): Promise<StoredFrame[]> {
    return this.#calls.call({ kind: 'pending', camera, before, limit })
  }

  /** How many unfinished frames each camera has. */
  pendingCounts(): Promise<{ camera: string; count: number }[]> {
    return this.#calls.call({ kind: 'pendingCounts' })
  }

  /**
   * Removes the camera's frames captured in [from, to), milliseconds UTC, for good, also those that wait for the
   * pipeline: the oldest first, at most `limit` and about a megabyte, so that ingest does not wait long.
   * @returns how many were removed: call until it is 0
   */
  async remove(camera: string, from: number, to: number, limit: number): Promise<number> {
    const removed = await this.#calls.call<number>({ kind: 'remove', camera, from, to, limit })
    await this.clearGone()
    return removed
  }

  /**
   * Gives a camera another id (`device/camera`), whatever the number of its frames. `to` must have no frames. A new
   * camera `from` does not meet the old frames. After a crash it may be repeated, before new frames of `from` come in.
   */
  rename(from: string, to: string): Promise<void> {
    return this.#calls.call({ kind: 'rename', from, to })
  }

  /** All files: the kept frames first, then the oldest. */
  files(): Promise<FramesFileState[]> {
    return this.#calls.call({ kind: 'describe' })
  }

  /** Unfinished frames of a file with a row above `afterRow`, by row. */
  pendingIn(file: string, afterRow: number, limit: number): Promise<StoredFrame[]> {
    return this.#calls.call({ kind: 'pendingIn', file, afterRow, limit })
  }

  /** Copies frames of a file to where they outlive it, durably, in slices; those copied already are left out. */
  async keep(file: string, frames: FrameId[]): Promise<void> {
    for (let done = 0; done < frames.length; ) {
      const slice = frames.slice(done, done + KEEP_SLICE)
      const { looked } = await this.#calls.call<{ looked: number }>({ kind: 'keep', file, frames: slice })
      done += looked
    }
  }

  /** Frames that outlived their file with a row above `afterRow`, by row. */
  kept(afterRow: number, limit: number): Promise<StoredFrame[]> {
    return this.#calls.call({ kind: 'kept', afterRow, limit })
  }

  /** Removes frames from those that outlived their file. */
  async release(frames: FrameId[]): Promise<void> {
    await this.#calls.call({ kind: 'release', frames })
    await this.clearGone()
  }

  /**
   * Gives the disk the room back that released frames left, a megabyte of those that stay at a time, where it is worth
   * it. Frames are found all the while.
   * @returns whether there is more: call again
   */
  shrinkKept(): Promise<boolean> {
    return this.#calls.call({ kind: 'shrink' })
  }

  /** The next frame begins a new file. */
  rotate(): Promise<void> {
    return this.#calls.call({ kind: 'rotate' })
  }

  /**
   * Takes a file out of sight with all its frames, at once: the disk has its room back after `clearGone`.
   * @returns null where the file takes new frames, keeps frames, or is not there: it stays
   */
  drop(file: string): Promise<DroppedFile | null> {
    return this.#calls.call({ kind: 'drop', file })
  }

  /** Gives the disk the room of dropped files back: of gigabytes that takes a while, and nobody waits for it. */
  async clearGone(): Promise<void> {
    for (const name of await readdir(this.#folder))
      if (isGone(name)) await rm(join(this.#folder, name), { force: true })
  }

  /** Takes no frames although the disk might, and says why; null: takes them again. */
  hold(why: string | null): Promise<void> {
    return this.#calls.call({ kind: 'hold', why })
  }

  /** What was not stored yet by then rejects: nothing of it was acknowledged. */
  close(): Promise<void> {
    return this.#calls.close()
  }
}
