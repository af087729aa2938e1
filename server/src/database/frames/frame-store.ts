import { ThreadCalls } from '../thread-calls.ts'
import type { StoredFrame } from './frames-file.ts'
import type { FramesRequest, FramesThreadOptions, NewFrame, PutResult, Taken } from './frames-thread.ts'

export type { StoredFrame } from './frames-file.ts'
export type { NewFrame, PutResult, Taken } from './frames-thread.ts'

/** Guarantee 2. */
const MAX_FILE_BYTES = 4 * 1024 ** 3

/** The archive of frames: durable when `put` resolves, and it knows which frames the pipeline has not finished. */
export class FrameStore {
  readonly #calls: ThreadCalls<FramesRequest>

  private constructor(calls: ThreadCalls<FramesRequest>) {
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
    return new FrameStore(await ThreadCalls.open(new URL('./frames-thread.ts', import.meta.url), options, onHeld))
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

  /** Marks frames as through the pipeline. */
  finish(frames: StoredFrame[]): Promise<void> {
    return this.#calls.call({
      kind: 'finish',
      frames: frames.map(({ file, camera, capturedAt }) => ({ file, camera, capturedAt })),
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

  /** What was not stored yet by then rejects: nothing of it was acknowledged. */
  close(): Promise<void> {
    return this.#calls.close()
  }
}
