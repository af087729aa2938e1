import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { StoredFrame } from './frames-file.ts'
import type { FramesReply, FramesRequest, FramesThreadOptions, NewFrame, PutResult } from './frames-thread.ts'

export type { StoredFrame } from './frames-file.ts'
export type { NewFrame, PutResult } from './frames-thread.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** A new file begins when the one before holds this much (guarantee 2). */
const MAX_FILE_BYTES = 4 * 1024 ** 3

/** The archive of frames: durable when `put` resolves, and it knows which frames the pipeline has not finished. */
export class FrameStore {
  readonly #worker: Worker
  readonly #onHeld: (why: string | null) => void
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0
  #held: string | null = null

  private constructor(worker: Worker, onHeld: (why: string | null) => void) {
    this.#worker = worker
    this.#onHeld = onHeld
    worker.on('message', (reply: FramesReply) => this.#take(reply))
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the frame store is closed')))
  }

  /**
   * @param folder where the frames files lie; made when missing
   * @param onHeld told why the disk refuses, and null when it works again
   */
  static async open(folder: string, onHeld: (why: string | null) => void): Promise<FrameStore> {
    const workerData: FramesThreadOptions = { folder, maxFileBytes: MAX_FILE_BYTES }
    const worker = new Worker(new URL('./frames-thread.ts', import.meta.url), { workerData })
    await once(worker, 'message') // 'ready'; rejects with the error that opening met
    return new FrameStore(worker, onHeld)
  }

  /** Why the disk refuses frames right now, or null. */
  get held(): string | null {
    return this.#held
  }

  /**
   * Stores a frame; resolves when it is on the disk. While the disk refuses it waits: it rejects only on close.
   * The bytes are moved to the store's thread when they fill their buffer, else copied.
   */
  put(frame: NewFrame): Promise<PutResult> {
    const whole = frame.jpeg.byteLength === frame.jpeg.buffer.byteLength
    const jpeg = whole ? frame.jpeg : new Uint8Array(frame.jpeg)
    return this.#ask({ kind: 'put', frame: { ...frame, jpeg } }, [jpeg.buffer as ArrayBuffer])
  }

  /** Marks frames as through the pipeline. */
  finish(frames: StoredFrame[]): Promise<void> {
    return this.#ask({
      kind: 'finish',
      frames: frames.map(({ file, camera, capturedAt }) => ({ file, camera, capturedAt })),
    })
  }

  /** The camera's unfinished frames captured before `before`, newest first. */
  pending(camera: string, before: number, limit: number): Promise<StoredFrame[]> {
    return this.#ask({ kind: 'pending', camera, before, limit })
  }

  /** How many unfinished frames each camera has. */
  pendingCounts(): Promise<{ camera: string; count: number }[]> {
    return this.#ask({ kind: 'pendingCounts' })
  }

  async close(): Promise<void> {
    const gone = once(this.#worker, 'exit')
    await this.#ask({ kind: 'close' })
    await gone
  }

  #ask<T>(request: WithoutId<FramesRequest>, transfer: ArrayBuffer[] = []): Promise<T> {
    const id = ++this.#lastId
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker.postMessage({ ...request, id }, transfer)
    })
  }

  #take(reply: FramesReply) {
    if ('held' in reply) {
      this.#held = reply.held
      this.#onHeld(reply.held)
      return
    }
    this.#waiting.get(reply.id)?.resolve(reply.value)
    this.#waiting.delete(reply.id)
  }
}
