import type { StoredFrame } from '../database/frames/frame-store.ts'
import { CaptureOrder } from './capture-order.ts'
import type { ClassifyAnswer, ClassifyPool } from './classify-pool.ts'
import type { ModelRef } from './classify-thread.ts'
import { FailedFrames } from './failed-frames.ts'
import { PendingQueue } from './queue.ts'

/** What became of a frame, and what is recorded of it. */
export interface Classified {
  frame: StoredFrame
  /** The model that was asked, or null where the camera has none. */
  model: ModelRef | null
  /** Nothing is computed for a camera without a model: there is nobody to ask. */
  answer: ClassifyAnswer | { kind: 'skipped' } | { kind: 'no_model'; latencyMs: 0 }
  classifiedAt: number
}

export interface ClassifierPorts {
  pool: ClassifyPool
  /** The camera's active model. */
  modelOf(camera: string): ModelRef | null
  /** Durable when it resolves; waits while the disk refuses. False: it stays pending, and is not to be tried again. */
  record(classified: Classified): Promise<boolean>
  pending(camera: string, before: number, limit: number): Promise<StoredFrame[]>
  pendingCounts(): Promise<{ camera: string; count: number }[]>
  /** Makes sure that the camera exists: state.db may be an older backup than the frames files. */
  restoreCamera(camera: string): Promise<void>
  maxPendingAgeMs: number
  /** A frame that the threads could not do, twice. Told once per model, until the model works again. */
  onFailed(frame: StoredFrame, message: string): void
}

/** Outcomes that may wait to be recorded, beyond those still worked on. */
const UNRECORDED = 64
/** Memory for the bytes of frames that wait. */
const MOST_BYTES_KEPT = 32 * 1024 * 1024
const REFILL = 200
const EXPIRY_CHECK_MS = 1000
/** What is not classified by then when the server stops is pending in its row, and done after the next start. */
const CLOSE_LIMIT_MS = 5000

/** Takes waiting frames, has them classified off the event loop, and hands their outcomes on in capture order. */
export class Classifier {
  readonly #ports: ClassifierPorts
  readonly #queue = new PendingQueue()
  readonly #order = new CaptureOrder<Classified>()
  readonly #failed = new FailedFrames()
  /** Ids of models that failed last. */
  readonly #failing = new Set<string>()
  #working = 0
  #unrecorded = 0
  /** Frames taken from the queue and not recorded yet: the frames files still call them pending. */
  readonly #open = new Set<string>()
  /** Bytes of frames that wait; those without are read from the frames files. */
  readonly #jpegs = new Map<string, Uint8Array>()
  #bytesKept = 0
  #refilling = false
  #expiry: NodeJS.Timeout | null = null
  #running = false
  #onIdle: () => void = () => {}

  constructor(ports: ClassifierPorts) {
    this.#ports = ports
  }

  /** Goes on with whatever had not ended when the server stopped. */
  async start() {
    this.#running = true
    for (const { camera } of await this.#ports.pendingCounts()) {
      await this.#ports.restoreCamera(camera)
      this.#queue.markMore(camera)
    }
    if (Number.isFinite(this.#ports.maxPendingAgeMs))
      this.#expiry = setInterval(() => this.#skipExpired(), EXPIRY_CHECK_MS)
    this.#advance()
  }

  /** @param jpeg the frame's bytes, where they are at hand; they are kept while there is room */
  add(frame: StoredFrame, jpeg: Uint8Array | null = null) {
    if (jpeg && this.#bytesKept + jpeg.byteLength <= MOST_BYTES_KEPT) {
      this.#bytesKept += jpeg.byteLength
      this.#jpegs.set(keyOf(frame), jpeg)
    }
    this.#queue.add(frame)
    this.#advance()
  }

  /** Frames that wait in memory, also for another try, or are being worked on. */
  get waiting(): number {
    return this.#queue.size + this.#failed.size + this.#working + this.#unrecorded
  }

  /** Whether any frame of the camera is on its way; one that failed tells nothing until it is tried again. */
  isBusy(camera: string): boolean {
    return this.#queue.has(camera) || this.#order.has(camera)
  }

  /** Takes no more frames, and waits a little for those in the threads; the recorder waits for what is handed to it. */
  async close() {
    this.#running = false
    if (this.#expiry) clearInterval(this.#expiry)
    this.#failed.close()
    if (this.#working === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    const limit = setTimeout(resolve, CLOSE_LIMIT_MS)
    await promise
    clearTimeout(limit)
  }

  #advance() {
    while (this.#running && this.#working < this.#ports.pool.capacity && this.#unrecorded < UNRECORDED) {
      const frame = this.#queue.take((camera) => !this.#failed.isFull(camera))
      if (!frame) break
      void this.#classify(frame)
    }
    void this.#refill()
  }

  async #classify(frame: StoredFrame) {
    this.#working += 1
    this.#open.add(keyOf(frame))
    this.#order.begin(frame.camera, frame.capturedAt)
    const model = this.#ports.modelOf(frame.camera)
    const jpeg = this.#takeJpeg(frame)
    const answer = model
      ? await this.#ports.pool.classify({ jpeg, stored: frame, model })
      : ({ kind: 'no_model', latencyMs: 0 } as const)
    this.#working -= 1
    const expired = frame.receivedAt < Date.now() - this.#ports.maxPendingAgeMs
    if (answer.kind === 'failed') this.#reportFailed(frame, model, answer.message)
    else if (model) this.#failing.delete(model.id)
    if (answer.kind === 'failed' && !expired) this.#tryLater(frame)
    else this.#failed.forget(frame)
    const done: Classified = {
      frame,
      model,
      answer: answer.kind === 'failed' && expired ? { kind: 'skipped' } : answer,
      classifiedAt: Date.now(),
    }
    for (const classified of this.#order.end(frame.camera, frame.capturedAt, done))
      if (classified.answer.kind !== 'failed') void this.#record(classified)
    if (this.#working === 0) this.#onIdle()
    this.#advance()
  }

  /** A model that is broken fails with every frame: that is said once. */
  #reportFailed(frame: StoredFrame, model: ModelRef | null, why: string) {
    if (!this.#running || !model || this.#failing.has(model.id)) return
    this.#failing.add(model.id)
    this.#ports.onFailed(frame, why)
  }

  /** It stays open meanwhile, so that it is not read from the frames files a second time. */
  #tryLater(frame: StoredFrame) {
    if (!this.#running) return // it was the stop that failed it: the next start goes on
    this.#failed.later(frame, () => {
      this.#open.delete(keyOf(frame))
      this.add(frame)
    })
  }

  #takeJpeg(frame: StoredFrame): Uint8Array | null {
    const jpeg = this.#jpegs.get(keyOf(frame)) ?? null
    this.#jpegs.delete(keyOf(frame))
    if (jpeg) this.#bytesKept -= jpeg.byteLength
    return jpeg
  }

  async #record(classified: Classified) {
    this.#unrecorded += 1
    const recorded = await this.#ports.record(classified)
    this.#unrecorded -= 1
    if (recorded) this.#open.delete(keyOf(classified.frame))
    this.#advance()
  }

  async #refill() {
    const camera = this.#queue.hungry()
    if (this.#refilling || !this.#running || camera === null) return
    this.#refilling = true
    try {
      const frames = await this.#ports.pending(camera, Number.MAX_SAFE_INTEGER, REFILL)
      const ours = frames.filter((frame) => !this.#open.has(keyOf(frame)))
      this.#queue.refill(camera, ours, frames.length === REFILL)
    } catch {
      return // the frames files are closed: the next start goes on
    } finally {
      this.#refilling = false
    }
    this.#advance()
  }

  #skipExpired() {
    const classifiedAt = Date.now()
    const receivedBefore = classifiedAt - this.#ports.maxPendingAgeMs
    for (const frame of [...this.#queue.takeExpired(receivedBefore), ...this.#failed.takeExpired(receivedBefore)]) {
      this.#takeJpeg(frame)
      this.#open.add(keyOf(frame))
      void this.#record({ frame, model: null, answer: { kind: 'skipped' }, classifiedAt })
    }
  }
}

function keyOf({ camera, capturedAt }: StoredFrame): string {
  return `${camera}/${capturedAt}`
}
