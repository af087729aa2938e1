import type { StoredFrame } from '../database/frames/frame-store.ts'
import { CaptureOrder } from './capture-order.ts'
import type { ClassifyAnswer, ClassifyPool } from './classify-pool.ts'
import type { ModelRef } from './classify-thread.ts'
import { FailedFrames } from './failed-frames.ts'
import { PendingQueue } from './queue.ts'

/** What became of a frame, and what is recorded of it. */
export interface Classified {
  frame: StoredFrame
  /** The model that was asked, or null where the camera has none that can be asked. */
  model: ModelRef | null
  /** Nothing is computed for a camera without a model: there is nobody to ask. */
  answer:
    | Exclude<ClassifyAnswer, { kind: 'damaged' | 'misfit' }>
    | { kind: 'skipped'; code?: 'imported' }
    | { kind: 'no_model'; latencyMs: 0 }
  classifiedAt: number
  /** Bytes of a reading, by which its sensor's newest value is told; null of a frame, or where they are gone. */
  reading?: Uint8Array | null
}

export interface ClassifierPorts {
  pool: ClassifyPool
  /** The camera's active model. */
  modelOf(camera: string): ModelRef | null
  /** Whether what comes of that source are readings. */
  isSensor?(source: string): boolean
  /** The bytes of what is stored, or null. */
  bytesOf?(stored: StoredFrame): Promise<Uint8Array | null>
  /** Durable when it resolves; waits while the disk refuses. False: it stays pending, and is not to be tried again. */
  record(classified: Classified): Promise<boolean>
  pending(camera: string, before: number, limit: number): Promise<StoredFrame[]>
  pendingCounts(): Promise<{ camera: string; count: number }[]>
  /** Makes sure that the camera exists: state.db may be an older backup than the frames files. */
  restoreCamera(camera: string): Promise<void>
  maxPendingAgeMs: number
  /** A frame that the threads could not do, twice. Told once per model, until the model works again. */
  onFailed(frame: StoredFrame, message: string): void
  /** A model cannot be asked: its files are damaged. Told once, until it can be asked again. */
  onDamaged(model: string, message: string): void
  /** A model is of another view than its sensor's readings are now. Told once, until one of them is told by it. */
  onMisfit?(model: string, message: string): void
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
  /** Models that could not be asked the last time, and why. */
  readonly #damaged = new Map<string, string>()
  /** Models whose readings have another length now, and why that is said. */
  readonly #misfits = new Map<string, string>()
  #working = 0
  #unrecorded = 0
  #steps = 0
  /** Frames taken from the queue and not recorded yet: the frames files still call them pending. */
  readonly #open = new Set<string>()
  /** Bytes of frames that wait; those without are read from the frames files. */
  readonly #jpegs = new Map<string, Uint8Array>()
  #bytesKept = 0
  #refilling: Promise<void> | null = null
  /** Cameras whose frames nobody begins. */
  readonly #aside = new Set<string>()
  /** How many frames of each camera were taken from the queue and have not come to rest. */
  readonly #restless = new Map<string, number>()
  readonly #onRest = new Set<() => void>()
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

  /** Why a model could not be asked the last time; null where it could, or was not. */
  damageOf(model: string): string | null {
    return this.#damaged.get(model) ?? null
  }

  /** Why a model that is whole does not fit the last reading; null where it does, or was not asked. */
  misfitOf(model: string): string | null {
    return this.#misfits.get(model) ?? null
  }

  /** Rises whenever a thread has answered for a frame, and whenever one is recorded. */
  get steps(): number {
    return this.#steps
  }

  /** Whether any frame could take its next step now; one that failed waits for its time. */
  get isDue(): boolean {
    return this.#working + this.#unrecorded > 0 || this.#queue.hasAny((camera) => !this.#failed.isFull(camera))
  }

  /**
   * Whether any frame of the camera is on its way, or nobody may say so now; one that failed tells nothing until it is
   * tried again.
   */
  isBusy(camera: string): boolean {
    return this.#aside.has(camera) || this.#queue.has(camera) || this.#order.has(camera)
  }

  /**
   * Lets go of cameras: no frame of theirs is begun until `resume`, and those that wait do so in the frames files alone.
   * Resolves when all that had begun are recorded.
   */
  async setAside(cameras: string[]): Promise<void> {
    for (const camera of cameras) {
      this.#aside.add(camera)
      for (const frame of this.#queue.forget(camera)) this.#takeJpeg(frame)
      for (const frame of this.#failed.takeOf(camera)) this.#open.delete(keyOf(frame))
    }
    await this.#refilling?.catch(() => {})
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (!cameras.some((camera) => this.#restless.has(camera))) resolve()
    }
    this.#onRest.add(look)
    look()
    await promise.finally(() => this.#onRest.delete(look))
  }

  /** Goes on with these cameras' frames, as the frames files have them now. */
  resume(cameras: string[]) {
    for (const camera of cameras) {
      this.#aside.delete(camera)
      this.#queue.markMore(camera)
    }
    this.#advance()
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
    this.#begin(frame)
    this.#order.begin(frame.camera, frame.capturedAt)
    const jpeg = this.#takeJpeg(frame)
    const reading = await this.#reading(frame, jpeg)
    const { model, answer } = await this.#ask(
      frame,
      jpeg ?? reading?.slice() ?? null,
      this.#ports.modelOf(frame.camera),
    )
    this.#working -= 1
    this.#steps += 1
    const expired = frame.receivedAt < Date.now() - this.#ports.maxPendingAgeMs
    if (answer.kind === 'failed') this.#reportFailed(frame, model, answer.message)
    else if (model) this.#failing.delete(model.id)
    if (answer.kind === 'failed' && !expired) {
      this.#tryLater(frame)
      this.#rest(frame)
    } else this.#failed.forget(frame)
    const done: Classified = {
      frame,
      model,
      answer: answer.kind === 'failed' && expired ? { kind: 'skipped' } : answer,
      classifiedAt: Date.now(),
      reading,
    }
    for (const classified of this.#order.end(frame.camera, frame.capturedAt, done))
      if (classified.answer.kind !== 'failed') void this.#record(classified)
    if (this.#working === 0) this.#onIdle()
    this.#advance()
  }

  /** A frame whose model cannot be asked ends as that of a camera without one: no later try would find it better. */
  async #ask(
    frame: StoredFrame,
    jpeg: Uint8Array | null,
    model: ModelRef | null,
  ): Promise<Pick<Classified, 'model' | 'answer'>> {
    const nobody = { model: null, answer: { kind: 'no_model', latencyMs: 0 } } as const
    if (!model) return nobody
    const answer = await this.#ports.pool.classify({ jpeg, stored: frame, model })
    if (answer.kind === 'misfit') {
      this.#damaged.delete(model.id)
      if (!this.#misfits.has(model.id)) this.#ports.onMisfit?.(model.id, answer.message)
      this.#misfits.set(model.id, answer.message)
      return nobody
    }
    if (answer.kind !== 'damaged') {
      if (answer.kind === 'predicted') {
        this.#damaged.delete(model.id)
        this.#misfits.delete(model.id)
      }
      return { model, answer }
    }
    if (!this.#damaged.has(model.id)) this.#ports.onDamaged(model.id, answer.message)
    this.#damaged.set(model.id, answer.message)
    return nobody
  }

  /** What a reading says is told with its outcome; its bytes are given away before. */
  async #reading(frame: StoredFrame, bytes: Uint8Array | null): Promise<Uint8Array | null> {
    if (!this.#ports.isSensor?.(frame.camera)) return null
    return bytes?.slice() ?? (await this.#ports.bytesOf?.(frame).catch(() => null)) ?? null
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
    if (this.#aside.has(frame.camera)) {
      this.#open.delete(keyOf(frame)) // the frames files have it, and `resume` goes on with them
      return
    }
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
    this.#steps += 1
    if (recorded) this.#open.delete(keyOf(classified.frame))
    this.#rest(classified.frame)
    this.#advance()
  }

  #begin(frame: StoredFrame) {
    this.#open.add(keyOf(frame))
    this.#restless.set(frame.camera, (this.#restless.get(frame.camera) ?? 0) + 1)
  }

  #rest({ camera }: StoredFrame) {
    const left = (this.#restless.get(camera) ?? 1) - 1
    if (left > 0) this.#restless.set(camera, left)
    else this.#restless.delete(camera)
    for (const look of this.#onRest) look()
  }

  async #refill() {
    const camera = this.#queue.hungry()
    if (this.#refilling || !this.#running || camera === null) return
    this.#refilling = this.#readPending(camera)
    const wasRead = await this.#refilling.then(
      () => true,
      () => false, // the frames files are closed: the next start goes on
    )
    this.#refilling = null
    if (wasRead) this.#advance()
  }

  async #readPending(camera: string) {
    const frames = await this.#ports.pending(camera, Number.MAX_SAFE_INTEGER, REFILL)
    if (this.#aside.has(camera)) return
    const ours = frames.filter((frame) => !this.#open.has(keyOf(frame)))
    this.#queue.refill(camera, ours, frames.length === REFILL)
  }

  #skipExpired() {
    const classifiedAt = Date.now()
    const receivedBefore = classifiedAt - this.#ports.maxPendingAgeMs
    for (const frame of [...this.#queue.takeExpired(receivedBefore), ...this.#failed.takeExpired(receivedBefore)]) {
      const bytes = this.#takeJpeg(frame)
      const reading = this.#ports.isSensor?.(frame.camera) ? bytes : null
      this.#begin(frame)
      void this.#record({ frame, model: null, answer: { kind: 'skipped' }, classifiedAt, reading })
    }
  }
}

function keyOf({ camera, capturedAt }: StoredFrame): string {
  return `${camera}/${capturedAt}`
}
