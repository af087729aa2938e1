import { AgentError, reasonOf, systemCode } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import { Wakeup } from '../wakeup.ts'
import { type FrameFile, FrameFiles } from './files.ts'
import { FrameQueue, type QueuedFrame, queuedFrame } from './queue.ts'

export interface OutboxLimits {
  /** Bytes of frames on disk. */
  maxBytes: number
  /** Frames on disk; also what bounds the memory of the index (about 100 bytes a frame). */
  maxFrames: number
}

export interface OutboxParts {
  /** The outbox's own folder; nothing else may live in it. */
  folder: string
  limits: OutboxLimits
  log: Log
  /** The disk; tests hand in one that fails. */
  files?: FrameFiles
}

/**
 * Frames that the server has not acknowledged, kept on disk (guarantee 7). Survives SIGKILL and power cuts at any
 * instant; bounded in bytes and frames: where a new frame does not fit, or the disk is full, the oldest frames that
 * nobody is sending are dropped and counted.
 *
 * The name of each camera's newest frame stays on disk until a newer one is durable, even when the frame is gone. So `lastId`
 * is right after any crash, and no id is ever given to other bytes (guarantee 5). Only `dropAfter` forgets a name.
 */
export class Outbox {
  readonly #folder: string
  readonly #limits: OutboxLimits
  readonly #log: Log
  readonly #files: FrameFiles
  readonly #queue = new FrameQueue()
  readonly #changes = new Wakeup()
  /** Newest durable frame of each camera, and whether only its name is left. */
  readonly #newest = new Map<string, { frame: FrameFile; nameOnly: boolean }>()
  #frames = 0
  #bytes = 0
  #dropped = 0
  /** Of the dropped ones, those that could not be written at all. */
  #unwritable = 0
  /** Frames become visible in the order they came, whichever file is durable first. */
  #lastPut: Promise<unknown> = Promise.resolve()

  constructor({ folder, limits, log, files = new FrameFiles(folder) }: OutboxParts) {
    this.#folder = folder
    this.#limits = limits
    this.#log = log
    this.#files = files
  }

  /** Frames held, those being written or sent included. */
  get frames(): number {
    return this.#frames
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Frames lost since the start: too old for the bound, or not writable. */
  get dropped(): number {
    return this.#dropped
  }

  /** Frames set aside because the server closes the connection on them. */
  get parked(): number {
    return this.#queue.parked
  }

  /** Finds what an earlier run left. Rejects with `bad_data_dir` (environment) when the folder cannot be made or read. */
  async start(): Promise<void> {
    const { frames, names } = await this.#files.open().catch((error) => {
      const advice = 'check that dataDir exists and that this user may write there'
      throw new AgentError('bad_data_dir', 'environment', `${this.#folder}: ${reasonOf(error)}; ${advice}`, error)
    })
    for (const frame of names) this.#newest.set(frame.camera, await this.#newer(frame))
    for (const { camera, capturedAtMs, bytes } of frames) {
      this.#frames++
      this.#bytes += bytes
      this.#queue.add(queuedFrame(camera, capturedAtMs, bytes))
      await this.#nowNewest({ camera, capturedAtMs })
    }
    await this.#makeRoom(0)
  }

  /** Waits until frames being written are durable. */
  async close(): Promise<void> {
    await this.#lastPut
    await this.#files.close()
  }

  /** Capture time of the newest frame of a camera that ever was durable here, or 0. */
  lastId(camera: string): number {
    return this.#newest.get(camera)?.frame.capturedAtMs ?? 0
  }

  /**
   * Drops (and counts) what waits of a camera from after `limitMs`, and the memory that there was such a time: the clock was
   * wrong then. Frames that are being sent at the moment stay. Resolves to how many were dropped and the `lastId` from now on.
   */
  async dropAfter(camera: string, limitMs: number): Promise<{ dropped: number; lastId: number }> {
    const future = this.#queue.dropAfter(camera, limitMs)
    for (const frame of future) {
      this.#dropped++
      await this.#forget(frame)
    }
    const newest = this.#newest.get(camera)
    if (newest && newest.frame.capturedAtMs > limitMs) {
      const left = this.#queue.newest(camera)
      if (left) this.#newest.set(camera, { frame: { camera, capturedAtMs: left.capturedAtMs }, nameOnly: false })
      else this.#newest.delete(camera)
      if (newest.nameOnly) await this.#tidy(this.#files.removeName(newest.frame), newest.frame)
    }
    return { dropped: future.length, lastId: this.lastId(camera) }
  }

  /** Resolves to true when the frame is durable, to false when it had to be dropped (and was counted). Never rejects. */
  put(frame: FrameFile, jpeg: Uint8Array): Promise<boolean> {
    const previous = this.#lastPut
    const kept = this.#keep(frame, jpeg, previous)
    this.#lastPut = kept
    return kept
  }

  /** The next frame to send, or null. The caller ends it with `delivered`, `release`, `park` or `lost`. */
  take(): QueuedFrame | null {
    return this.#queue.take()
  }

  /** The bytes of a frame taken. Rejects with the operating system's error. */
  read(frame: QueuedFrame): Promise<Uint8Array> {
    return this.#files.read(frame)
  }

  /** The server has the frame: it leaves the disk. */
  async delivered(frame: QueuedFrame): Promise<void> {
    await this.#forget(frame)
  }

  /** The frame waits again, in its old place. */
  release(frame: QueuedFrame): void {
    this.#queue.add(frame)
    this.#changes.ring()
  }

  /** The frame waits apart until `dueAt` (monotonic milliseconds) and blocks nobody. */
  park(frame: QueuedFrame, dueAt: number): void {
    this.#queue.park(frame, dueAt)
  }

  /** Brings back the frames parked until now. */
  unpark(now: number): void {
    this.#queue.unpark(now)
    this.#changes.ring()
  }

  /** The frame cannot be read any more. */
  async lost(frame: QueuedFrame): Promise<void> {
    this.#dropped++
    await this.#forget(frame)
  }

  /** Resolves when frames came or went, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return this.#changes.wait(signal)
  }

  async #keep(frame: FrameFile, jpeg: Uint8Array, previous: Promise<unknown>): Promise<boolean> {
    const bytes = jpeg.byteLength
    this.#frames++
    this.#bytes += bytes
    const written = (await this.#makeRoom(bytes)) && (await this.#write(frame, jpeg))
    await previous
    if (written) {
      this.#queue.add(queuedFrame(frame.camera, frame.capturedAtMs, bytes))
      await this.#nowNewest(frame)
    } else {
      this.#frames--
      this.#bytes -= bytes
      this.#dropped++
    }
    this.#changes.ring()
    return written
  }

  /** Whether the frames held fit the bounds, after dropping old ones where they did not. */
  async #makeRoom(incomingBytes: number): Promise<boolean> {
    const tooMuch = () => this.#frames > this.#limits.maxFrames || this.#bytes > this.#limits.maxBytes
    while (tooMuch()) {
      if (incomingBytes > this.#limits.maxBytes || !(await this.#dropOldest())) return false
    }
    return true
  }

  async #write(frame: FrameFile, jpeg: Uint8Array): Promise<boolean> {
    for (;;) {
      try {
        await this.#files.write(frame, jpeg)
        return true
      } catch (error) {
        const full = systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT'
        if (full && (await this.#dropOldest(jpeg.byteLength))) continue
        const advice = full ? 'free some space or lower outbox.maxBytes' : 'check the disk under dataDir'
        this.#unwritable++
        if (worthALine(this.#unwritable)) {
          this.#log.warn(`${this.#unwritable} frames could not be kept so far (${reasonOf(error)}): ${advice}`)
        }
        return false
      }
    }
  }

  /** Drops the oldest frames of at least `bytes` together; whether it could drop any. */
  async #dropOldest(bytes = 0): Promise<boolean> {
    let freed = 0
    do {
      const oldest = this.#queue.dropOldest()
      if (!oldest) return freed > 0
      freed += oldest.bytes
      this.#dropped++
      if (worthALine(this.#dropped)) this.#log.warn(`the outbox is full: ${this.#dropped} old frames dropped so far`)
      await this.#forget(oldest)
    } while (freed < bytes)
    return true
  }

  async #forget({ camera, capturedAtMs, bytes }: QueuedFrame): Promise<void> {
    this.#frames--
    this.#bytes -= bytes
    this.#changes.ring()
    const frame = { camera, capturedAtMs }
    const newest = this.#newest.get(camera)
    if (newest?.frame.capturedAtMs !== capturedAtMs) return await this.#tidy(this.#files.remove(frame), frame)
    await this.#tidy(this.#files.keepName(frame), frame)
    newest.nameOnly = true
    // A newer frame may have become durable during the rename; then nobody else removes this name.
    if (this.lastId(camera) !== capturedAtMs) await this.#tidy(this.#files.removeName(frame), frame)
  }

  async #nowNewest(frame: FrameFile): Promise<void> {
    const before = this.#newest.get(frame.camera)
    if (before && before.frame.capturedAtMs >= frame.capturedAtMs) return
    this.#newest.set(frame.camera, { frame, nameOnly: false })
    if (before?.nameOnly) await this.#tidy(this.#files.removeName(before.frame), before.frame)
  }

  /** Which of two names a crash left behind stays: the newer one. */
  async #newer(frame: FrameFile): Promise<{ frame: FrameFile; nameOnly: boolean }> {
    const known = this.#newest.get(frame.camera)
    if (!known) return { frame, nameOnly: true }
    const [older, newer] = known.frame.capturedAtMs < frame.capturedAtMs ? [known.frame, frame] : [frame, known.frame]
    await this.#tidy(this.#files.removeName(older), older)
    return { frame: newer, nameOnly: true }
  }

  /** A file that cannot be removed costs room and one duplicate after the next start; that is no reason to stop. */
  async #tidy(work: Promise<void>, { camera, capturedAtMs }: FrameFile): Promise<void> {
    await work.catch((error) =>
      this.#log.warn(`${camera}/${capturedAtMs} could not be cleared from the outbox: ${reasonOf(error)}`),
    )
  }
}
