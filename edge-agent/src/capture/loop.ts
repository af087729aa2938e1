import type { Clock, ClockTrust } from '../clock.ts'
import { reasonOf } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Picture } from './driver.ts'
import { type CameraConfig, openCamera } from './drivers.ts'

/** Frames of one camera being written to disk at a time; they share syncs of the outbox's folder. */
const WRITES_AT_ONCE = 8
/** A driver that can wait does so while the outbox holds this many frames or more. */
const SHORT_OUTBOX_FRAMES = 64
const CLOCK_CHECK_MS = 1000
/** The server refuses frames that lie further ahead of its own clock. */
const FUTURE_MS = 5 * 60_000
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000

/** A frame that is durable in the outbox. */
export interface CapturedFrame {
  camera: string
  capturedAtMs: number
  source: string | null
}

export interface CaptureParts {
  camera: CameraConfig
  outbox: Outbox
  maxFrameBytes: number
  clock: Clock
  /** Whether frames may be named after the clock yet (guarantee 5). */
  clockTrust: () => ClockTrust
  log: Log
  onFrame: (frame: CapturedFrame) => void
  /** The driver has no more pictures. */
  onEnd: (frames: number) => void
}

/** Takes the pictures of one camera, gives each its id and puts it into the outbox. */
export class CaptureLoop {
  readonly #parts: CaptureParts
  readonly #stopping = new AbortController()
  readonly #writes = new Set<Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  #lastId = 0
  #frames = 0
  #refused = 0
  /** The last id that the server refused because of its time; 0 for none since the ids went back. */
  #refusedTimeMs = 0
  #waitsForClock = false
  #driver: string

  constructor(parts: CaptureParts) {
    this.#parts = parts
    this.#driver = parts.camera.driver
  }

  /** The driver that takes the pictures: what `auto` chose, once it has. */
  get driver(): string {
    return this.#driver
  }

  /** Pictures that could not become frames: empty, or larger than the server takes. */
  get refused(): number {
    return this.#refused
  }

  /** Whether pictures wait for the clock to be set. */
  get waitsForClock(): boolean {
    return this.#waitsForClock
  }

  /** The server refused a frame of this camera because of its time. */
  heedRefusedTime(capturedAtMs: number): void {
    // What was still under way as the ids went back says nothing of those since.
    if (capturedAtMs <= this.#lastId) this.#refusedTimeMs = capturedAtMs
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Stops the driver and waits until its last frames are durable. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, outbox, camera, log } = this.#parts
    const { signal } = this.#stopping
    await this.#clockTrusted()
    this.#lastId = outbox.lastId(camera.name)
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)) {
      const before = this.#frames
      try {
        await this.#takePictures()
        break
      } catch (error) {
        if (this.#frames > before) retryMs = FIRST_RETRY_MS
        log.warn(`camera ${camera.name}: ${reasonOf(error)}; trying again in ${retryMs / 1000} s`)
        await clock.sleep(retryMs, signal)
      }
    }
    await Promise.all(this.#writes)
    if (!signal.aborted) this.#parts.onEnd(this.#frames)
  }

  async #takePictures(): Promise<void> {
    const { camera, clock, log, maxFrameBytes } = this.#parts
    const { signal } = this.#stopping
    const room = () => this.#room()
    const report = (driver: string) => {
      this.#driver = driver
    }
    for await (const picture of openCamera(camera, { clock, log, signal, room, maxFrameBytes, report })) {
      if (signal.aborted) return
      await this.#keep(picture)
    }
  }

  async #keep({ jpeg, takenAt, source }: Picture): Promise<void> {
    const { camera, outbox, maxFrameBytes, log } = this.#parts
    if (jpeg.byteLength === 0 || jpeg.byteLength > maxFrameBytes) {
      this.#refused++
      const size = `${jpeg.byteLength} bytes, maxFrameBytes is ${maxFrameBytes}`
      if (worthALine(this.#refused)) {
        log.warn(`camera ${camera.name}: ${source ?? 'a picture'} is not sent (${size}), ${this.#refused} so far`)
      }
      return
    }
    const takenAtMs = takenAt.wallMs
    if (this.#lastId > takenAtMs + FUTURE_MS) await this.#leaveFuture(takenAtMs)
    // Guarantee 5: also when somebody sets the clock back, an id is never used twice.
    this.#lastId = Math.max(takenAtMs, this.#lastId + 1)
    const frame = { camera: camera.name, capturedAtMs: this.#lastId }
    const write = outbox.put(frame, jpeg).then((kept) => {
      this.#writes.delete(write)
      if (!kept) return
      this.#frames++
      this.#parts.onFrame({ ...frame, source })
    })
    this.#writes.add(write)
    if (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes)
  }

  /**
   * The ids lie in the future: either the clock was wrong then, or it is now. Only where a time service or the server says that
   * it was wrong then do the ids go back to now. The server has stored no frame of that future, and those that still wait
   * are dropped, since it would refuse them too.
   */
  async #leaveFuture(takenAtMs: number): Promise<void> {
    const { camera, outbox, clockTrust, log } = this.#parts
    if (this.#refusedTimeMs <= takenAtMs + FUTURE_MS && clockTrust() !== 'synchronised') return
    await Promise.all(this.#writes)
    const { dropped, lastId } = await outbox.dropAfter(camera.name, takenAtMs + FUTURE_MS)
    const future = new Date(this.#lastId).toISOString()
    log.warn(
      `camera ${camera.name}: the clock once stood at ${future}; ${dropped} unsent frames of that time are dropped`,
    )
    this.#lastId = lastId
    this.#refusedTimeMs = 0
  }

  async #room(): Promise<void> {
    const { outbox } = this.#parts
    const { signal } = this.#stopping
    while (outbox.frames >= SHORT_OUTBOX_FRAMES && !signal.aborted) await outbox.changed(signal)
  }

  async #clockTrusted(): Promise<void> {
    const { clock, clockTrust, log, camera } = this.#parts
    const { signal } = this.#stopping
    this.#waitsForClock = clockTrust() === 'unset'
    if (this.#waitsForClock)
      log.warn(`camera ${camera.name} waits until the clock is set: does a time service reach us?`)
    while (clockTrust() === 'unset' && !signal.aborted) await clock.sleep(CLOCK_CHECK_MS, signal)
    this.#waitsForClock = false
  }
}
