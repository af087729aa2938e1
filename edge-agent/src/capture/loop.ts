import type { CaptureCounts } from '@ajar/protocol'
import type { Clock } from '../clock.ts'
import { type Log, worthALine } from '../log.ts'
import { letGo } from '../memory.ts'
import type { Intake } from '../outbox/intake.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Picture } from './driver.ts'
import { type CameraConfig, openCamera } from './drivers.ts'
import { faultOf } from './fault.ts'
import { Sifting } from './sifting.ts'

/** Frames of one camera on their way to disk at a time; they share syncs of the outbox's folder. */
const WRITES_AT_ONCE = 8
/** A driver that can wait does so while the outbox holds this many frames or more. */
const SHORT_OUTBOX_FRAMES = 64
const FIRST_RETRY_MS = 1000
/** A camera is plugged in again while somebody stands beside it. */
const LONGEST_RETRY_MS = 15_000

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
  /** `counts` have what somebody may wait for: another fault or none any more, or the first frame. */
  onNews: () => void
  /** The driver has no more pictures. */
  onEnd: (frames: number) => void
}

/** Takes the pictures of one camera and hands those worth sending to the outbox. */
export class CaptureLoop {
  readonly #parts: CaptureParts
  readonly #stopping = new AbortController()
  readonly #writes = new Set<Promise<void>>()
  readonly #sifting: Sifting
  #camera: CameraConfig
  /** Ends the driver's iteration, to open it anew with other settings. */
  #reopening = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #captured = 0
  #gated = 0
  #frames = 0
  #refused = 0
  #fault: string | null = null
  #driver: string
  #lastDriver: string | null = null

  constructor(parts: CaptureParts) {
    this.#parts = parts
    this.#driver = parts.camera.driver
    this.#camera = parts.camera
    this.#sifting = new Sifting(parts)
  }

  /** The driver that takes the pictures: what `auto` chose, once it has. */
  get driver(): string {
    return this.#driver
  }

  /** Pictures that could not become frames: empty, or larger than the server takes. */
  get refused(): number {
    return this.#refused
  }

  /**
   * What became of the pictures since the start. Each captured one is gated, or refused (`refused`), or was handed to the
   * outbox, where it waits until it is sent or dropped; `dropped` alone knows of frames of an earlier run as well. `fault` is
   * why the driver is tried again, until its next picture.
   */
  get counts(): CaptureCounts {
    const { name } = this.#camera
    const { outbox } = this.#parts
    return {
      driver: this.#driver,
      captured: this.#captured,
      gated: this.#gated,
      sent: outbox.deliveredOf(name),
      dropped: outbox.droppedOf(name),
      fault: this.#fault,
    }
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Stops the driver and waits until its last frames are durable. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Every picture is sent until then (monotonic milliseconds): something happened that pictures should show. */
  attend(untilMs: number): void {
    this.#sifting.attend(untilMs)
  }

  /** Goes on with other settings of the same camera; the driver is opened anew only where its pace is another one. */
  change(camera: CameraConfig): void {
    const { intervalMs } = this.#camera
    this.#camera = camera
    this.#sifting.change(camera.gate)
    if (camera.intervalMs !== intervalMs) this.#reopening.abort()
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts
    const stopping = this.#stopping.signal
    let sameTimes = 0
    for (let retryMs = FIRST_RETRY_MS; !stopping.aborted; ) {
      const before = this.#captured
      this.#reopening = new AbortController()
      const signal = AbortSignal.any([stopping, this.#reopening.signal])
      try {
        await this.#takePictures(signal)
        if (!signal.aborted) break
      } catch (error) {
        if (signal.aborted) continue
        if (this.#captured > before) retryMs = FIRST_RETRY_MS
        const { text, short } = faultOf(error, this.#camera)
        sameTimes = this.#fault !== null && withoutFigures(short) === withoutFigures(this.#fault) ? sameTimes + 1 : 1
        // One that stays away for weeks must not fill the log.
        if (worthALine(sameTimes)) {
          log.warn(`camera ${this.#camera.name}: ${text}; trying again in ${retryMs / 1000} s`)
        }
        this.#setFault(short)
        await clock.sleep(retryMs, signal)
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)
      }
    }
    this.#setFault(null)
    await Promise.all(this.#writes)
    if (!stopping.aborted) this.#parts.onEnd(this.#frames)
  }

  async #takePictures(signal: AbortSignal): Promise<void> {
    const { clock, log, maxFrameBytes } = this.#parts
    const room = () => this.#room(signal)
    const report = (driver: string) => {
      this.#driver = driver
    }
    const context = { clock, log, signal, room, maxFrameBytes, report, lastDriver: this.#lastDriver }
    for await (const picture of openCamera(this.#camera, context)) {
      if (signal.aborted) return
      this.#captured++
      this.#setFault(null)
      await this.#keep(picture)
    }
  }

  #setFault(fault: string | null): void {
    if (fault === this.#fault) return
    this.#fault = fault
    this.#parts.onNews()
  }

  async #keep({ jpeg, takenAt, source }: Picture): Promise<void> {
    const { intake, maxFrameBytes } = this.#parts
    const { name } = this.#camera
    this.#lastDriver = this.#driver
    if (jpeg.byteLength === 0 || jpeg.byteLength > maxFrameBytes) return this.#refuse(jpeg, source)
    const { passes, important, changed } = this.#sifting.judge(jpeg, takenAt)
    if (!passes) {
      this.#gated++
      return letGo(jpeg)
    }
    const write = intake.take({ kind: 'frame', source: name, takenAt, bytes: jpeg, important }).then((kept) => {
      this.#writes.delete(write)
      letGo(jpeg)
      if (!kept) return this.#sifting.forget()
      this.#frames++
      if (this.#frames === 1) this.#parts.onNews()
      if (changed) this.#sifting.protect(kept === 'untimed' ? takenAt.wallMs : kept.atMs)
      if (kept !== 'untimed') this.#parts.onFrame({ camera: name, capturedAtMs: kept.atMs, source })
    })
    this.#writes.add(write)
    if (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes)
  }

  #refuse(jpeg: Uint8Array, source: string | null): void {
    const { maxFrameBytes, log } = this.#parts
    this.#refused++
    if (!worthALine(this.#refused)) return
    const size = `${jpeg.byteLength} bytes, maxFrameBytes is ${maxFrameBytes}`
    log.warn(`camera ${this.#camera.name}: ${source ?? 'a picture'} is not sent (${size}), ${this.#refused} so far`)
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { outbox } = this.#parts
    while (outbox.items >= SHORT_OUTBOX_FRAMES && !signal.aborted) await outbox.changed(signal)
  }
}

function withoutFigures(fault: string): string {
  return fault.replace(/\d+/g, '')
}
