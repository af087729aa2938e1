import type { Clock } from '../clock.ts'
import { reasonOf } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import type { Intake } from '../outbox/intake.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Picture } from './driver.ts'
import { type CameraConfig, openCamera } from './drivers.ts'

/** Frames of one camera on their way to disk at a time; they share syncs of the outbox's folder. */
const WRITES_AT_ONCE = 8
/** A driver that can wait does so while the outbox holds this many frames or more. */
const SHORT_OUTBOX_FRAMES = 64
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000

/** A frame that is durable in the outbox and has its id. */
export interface CapturedFrame {
  camera: string
  capturedAtMs: number
  source: string | null
}

export interface CaptureParts {
  camera: CameraConfig
  outbox: Outbox
  /** Gives each picture its id. */
  intake: Intake
  maxFrameBytes: number
  clock: Clock
  log: Log
  onFrame: (frame: CapturedFrame) => void
  /** The driver has no more pictures. */
  onEnd: (frames: number) => void
}

/** Takes the pictures of one camera and hands them to the outbox. */
export class CaptureLoop {
  readonly #parts: CaptureParts
  readonly #stopping = new AbortController()
  readonly #writes = new Set<Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  #frames = 0
  #refused = 0
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

  start(): void {
    this.#running = this.#run()
  }

  /** Stops the driver and waits until its last frames are durable. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, camera, log } = this.#parts
    const { signal } = this.#stopping
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
    const { camera, intake, maxFrameBytes, log } = this.#parts
    if (jpeg.byteLength === 0 || jpeg.byteLength > maxFrameBytes) {
      this.#refused++
      const size = `${jpeg.byteLength} bytes, maxFrameBytes is ${maxFrameBytes}`
      if (worthALine(this.#refused)) {
        log.warn(`camera ${camera.name}: ${source ?? 'a picture'} is not sent (${size}), ${this.#refused} so far`)
      }
      return
    }
    const write = intake.take({ kind: 'frame', source: camera.name, takenAt, bytes: jpeg }).then((kept) => {
      this.#writes.delete(write)
      if (!kept) return
      this.#frames++
      if (kept !== 'untimed') this.#parts.onFrame({ camera: camera.name, capturedAtMs: kept.atMs, source })
    })
    this.#writes.add(write)
    if (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes)
  }

  async #room(): Promise<void> {
    const { outbox } = this.#parts
    const { signal } = this.#stopping
    while (outbox.items >= SHORT_OUTBOX_FRAMES && !signal.aborted) await outbox.changed(signal)
  }
}
