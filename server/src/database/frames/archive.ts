import { ThreadCalls } from '../thread-calls.ts'
import type { ArchiveRequest } from './archive-thread.ts'
import type { FrameId, StoredFrame } from './frames-file.ts'

/** Looks frames up by their id, in a thread of its own. */
export class Archive {
  readonly #calls: ThreadCalls<ArchiveRequest>

  private constructor(calls: ThreadCalls<ArchiveRequest>) {
    this.#calls = calls
  }

  static async open(folder: string): Promise<Archive> {
    return new Archive(await ThreadCalls.open(new URL('./archive-thread.ts', import.meta.url), { folder }))
  }

  /** What is known of a frame besides its bytes, or null. */
  find(camera: string, capturedAt: number): Promise<StoredFrame | null> {
    return this.#calls.call({ kind: 'find', camera, capturedAt })
  }

  /** The bytes of a frame, or null. */
  jpeg(camera: string, capturedAt: number): Promise<Uint8Array | null> {
    return this.#calls.call({ kind: 'jpeg', camera, capturedAt })
  }

  /**
   * Whether the frame is stored and waits for the pipeline. Asked before the frame's row is: one that does not wait and
   * has no row had one, which is not kept any more.
   */
  isPending(camera: string, capturedAt: number): Promise<boolean> {
    return this.#calls.call({ kind: 'isPending', camera, capturedAt })
  }

  /** For each frame, whether its bytes are there. */
  has(frames: FrameId[]): Promise<boolean[]> {
    return this.#calls.call({ kind: 'has', frames })
  }

  /** What is known of those of the frames that are stored, each once, in no order. */
  described(frames: FrameId[]): Promise<StoredFrame[]> {
    return this.#calls.call({ kind: 'described', frames })
  }

  /** The bytes of each frame, or null. Whoever asks knows how many they are: all are in memory at once. */
  bytesOf(frames: FrameId[]): Promise<(Uint8Array | null)[]> {
    return this.#calls.call({ kind: 'bytesOf', frames })
  }

  close(): Promise<void> {
    return this.#calls.close()
  }
}
