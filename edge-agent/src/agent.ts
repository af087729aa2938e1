import { join } from 'node:path'
import { Rejected, topics } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { type CameraConfig, driverOf } from './capture/drivers.ts'
import { type CapturedFrame, CaptureLoop } from './capture/loop.ts'
import { type Clock, type ClockTrust, clockTrust, type Instant, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { takeDataFolder } from './data-folder.ts'
import { type Log, worthALine } from './log.ts'
import { Intake } from './outbox/intake.ts'
import { Outbox } from './outbox/outbox.ts'
import { backoffFor } from './publish/backoff.ts'
import { Publisher, type PublishTiming } from './publish/publisher.ts'
import { RememberedSettings } from './remembered.ts'
import { readTemperature } from './sensors/drivers/cpu-temperature.ts'
import { Sensors } from './sensors/sensors.ts'
import { applyDesired } from './settings.ts'
import { type AgentStatus, statusOf } from './status.ts'

const ANSWER_TIMEOUT_MS = 30_000
/** So long after the last item refused because of its time the clock counts as set right again. */
const REFUSED_TIME_MS = 300_000
/** So long before and after the edge of a sensor frames matter more than others, and so long after it all are sent. */
const AROUND_EDGE_MS = 5000

/** What the agent tells whoever started it; `main.ts` prints each as a machine line. */
export type AgentEvent =
  | { device: string; state: 'started' | 'connected' | 'disconnected' | 'stopped' }
  /** The agent cannot connect before somebody puts its configuration right, or the server's. */
  | { device: string; state: 'fault'; code: string; text: string }
  /** A camera has no more pictures; `frames` of them are or were in the outbox. */
  | { device: string; state: 'ended'; camera: string; frames: number }
  /** Every camera has ended and the server has acknowledged every frame that was not dropped. */
  | { device: string; state: 'drained'; dropped: number }

/** The outside world of an agent; each has a default. */
export interface AgentPorts {
  clock?: Clock
  clockTrust?: () => ClockTrust
  log?: Log
  timing?: PublishTiming
  onEvent?: (event: AgentEvent) => void
  /** Called with each frame as soon as it is durable in the outbox, in order. */
  onFrame?: (frame: CapturedFrame) => void
}

export interface Agent {
  /** Resolves when the outbox is open and the cameras run; connecting goes on by itself. Rejects when `dataDir` cannot be used, or another agent uses it. */
  start(): Promise<void>
  /** Stops cameras and sensors, waits for frames in flight (at most 5 s), says `offline`. What is unsent stays on disk. */
  close(): Promise<void>
  /** What `ajar/{device}/status` says now. */
  status(): Promise<AgentStatus>
}

const silent: Log = { info: () => {}, warn: () => {} }

/** Puts an agent together: cameras and sensors -> outbox -> publisher. Nothing happens before `start`. */
export function createAgent(config: Config, ports: AgentPorts = {}): Agent {
  return new ComposedAgent(config, ports)
}

class ComposedAgent implements Agent {
  readonly #config: Config
  readonly #clock: Clock
  readonly #log: Log
  readonly #ports: AgentPorts
  readonly #outbox: Outbox
  readonly #intake: Intake
  readonly #sensors: Sensors
  readonly #publisher: Publisher
  readonly #remembered: RememberedSettings
  readonly #stopping = new AbortController()
  readonly #captures = new Map<string, CaptureLoop>()
  readonly #ended = new Set<string>()
  /** The last item that the server refused because of its time, and when that was (monotonic). */
  #refusedTime: { text: string; atMs: number } | null = null
  #draining: Promise<void> | null = null
  /** How much the server could not use, by its code. */
  readonly #rejections = new Map<string, number>()
  /** Monotonic. */
  #startedAt = 0
  /** Gives the data folder back. */
  #leaveFolder = async () => {}

  constructor(config: Config, ports: AgentPorts) {
    const { device, server } = config
    const {
      clock = systemClock,
      log = silent,
      timing = { answerTimeoutMs: ANSWER_TIMEOUT_MS, backoff: backoffFor(server) },
    } = ports
    this.#config = config
    this.#clock = clock
    this.#log = log
    this.#ports = ports
    this.#remembered = new RememberedSettings(config.dataDir, device, log)
    this.#outbox = new Outbox({
      folder: join(config.dataDir, 'outbox'),
      limits: config.outbox,
      log,
      clock,
      clockIsRight: () => !this.#intake.waitsForClock,
      onFault: () => this.#publisher.reportSoon(),
    })
    this.#intake = new Intake({
      outbox: this.#outbox,
      clock,
      clockTrust: ports.clockTrust ?? (() => clockTrust(clock)),
      log,
    })
    this.#sensors = new Sensors({
      sensors: config.sensors ?? null,
      dataDir: config.dataDir,
      clock,
      log,
      take: (reading) => this.#intake.take(reading),
      onEdge: (takenAt) => this.#edgeCame(takenAt),
      onFault: () => this.#publisher.reportSoon(),
    })
    this.#publisher = new Publisher({
      ...config,
      outbox: this.#outbox,
      drainBytesPerSecond: config.outbox.drainBytesPerSecond,
      clock,
      log,
      timing,
      status: () => this.status(),
      onState: (state) => this.#tell({ device, state }),
      onFault: (fault) => this.#tell({ device, state: 'fault', ...fault }),
      topics: {
        [topics.configDesired(device)]: (payload) => this.#configure(payload),
        [topics.rejected(device)]: (payload) => this.#heedRejection(payload),
      },
    })
  }

  async start(): Promise<void> {
    const { device, dataDir } = this.#config
    this.#startedAt = this.#clock.monotonic()
    this.#leaveFolder = await takeDataFolder(dataDir)
    await this.#outbox.start().catch(async (error) => {
      await this.#leaveFolder()
      throw error
    })
    if (this.#outbox.items > 0) this.#log.info(`${this.#outbox.items} items of an earlier run wait in the outbox`)
    this.#intake.start()
    for (const camera of await this.#camerasAsSet()) this.#startCapture(camera)
    await this.#sensors.start()
    this.#publisher.start()
    this.#tell({ device, state: 'started' })
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#sensors, ...this.#captures.values()].map((part) => part.close()))
    await this.#intake.close()
    await this.#publisher.close()
    await this.#draining
    await this.#outbox.close()
    await this.#leaveFolder()
    this.#tell({ device: this.#config.device, state: 'stopped' })
  }

  async status(): Promise<AgentStatus> {
    const ranMs = this.#clock.monotonic() - this.#startedAt
    return statusOf({
      startedAtMs: this.#clock.now() - ranMs,
      outbox: this.#outbox,
      intake: this.#intake,
      captures: this.#captures,
      sensors: this.#sensors.status,
      ended: this.#ended,
      fault: this.#publisher.fault ?? this.#clockFault() ?? this.#outbox.fault,
      temperatureC: await readTemperature().catch(() => null),
    })
  }

  #startCapture(camera: CameraConfig): void {
    const { maxFrameBytes } = this.#config
    const capture = new CaptureLoop({
      camera,
      outbox: this.#outbox,
      intake: this.#intake,
      maxFrameBytes,
      clock: this.#clock,
      log: this.#log,
      onFrame: (frame) => this.#ports.onFrame?.(frame),
      onNews: () => this.#publisher.reportSoon(),
      onEnd: (frames) => this.#cameraEnded(camera.name, frames),
    })
    this.#captures.set(camera.name, capture)
    capture.start()
  }

  /** A door that opens is what frames are for: those around it go last, and none after it is gated. */
  #edgeCame({ wallMs, monotonicMs }: Instant): void {
    this.#outbox.protect({ fromMs: wallMs - AROUND_EDGE_MS, toMs: wallMs + AROUND_EDGE_MS })
    for (const capture of this.#captures.values()) capture.attend(monotonicMs + AROUND_EDGE_MS)
  }

  #cameraEnded(camera: string, frames: number): void {
    this.#ended.add(camera)
    this.#log.info(`camera ${camera} has no more pictures after ${frames}; the agent stays connected`)
    this.#tell({ device: this.#config.device, state: 'ended', camera, frames })
    if (this.#ended.size === this.#config.cameras.length) this.#draining = this.#drained()
  }

  async #drained(): Promise<void> {
    const { signal } = this.#stopping
    while (this.#outbox.items > 0 && !signal.aborted) await this.#outbox.changed(signal)
    if (this.#outbox.items > 0) return
    this.#tell({ device: this.#config.device, state: 'drained', dropped: this.#outbox.dropped })
  }

  async #configure(payload: Uint8Array): Promise<{ topic: string; payload: string } | null> {
    const answer = this.#apply(payload, (cameras) => {
      for (const camera of cameras) this.#captures.get(camera.name)?.change(camera)
    })
    if (!answer) {
      this.#log.warn('settings of the server are not {"version","settings"} and were ignored')
      return null
    }
    if (answer.ok) await this.#remembered.keep(payload)
    this.#publisher.reportSoon()
    for (const error of answer.errors) this.#log.warn(`settings version ${answer.version}: ${error}`)
    return { topic: topics.configApplied(this.#config.device), payload: JSON.stringify(answer) }
  }

  #apply(desired: Uint8Array, apply: (cameras: CameraConfig[]) => void) {
    const { cameras } = this.#config
    return applyDesired(desired, { cameras, isPaced: (camera) => driverOf(camera).pacedByInterval, apply })
  }

  /** With the settings that the server sent last, where they fit the config file: it sends them anew when it is there. */
  async #camerasAsSet(): Promise<CameraConfig[]> {
    let { cameras } = this.#config
    const desired = await this.#remembered.read()
    if (desired === null) return cameras
    const answer = this.#apply(desired, (asSet) => {
      cameras = asSet
    })
    if (answer?.ok)
      this.#log.info(`goes by the server's last settings, version ${answer.version}, until it sends others`)
    else this.#log.warn("the server's last settings do not fit the config any more: that counts until it sends others")
    return cameras
  }

  async #heedRejection(payload: Uint8Array): Promise<null> {
    const rejected = parseRejected(payload)
    if (!rejected) return null
    const { frame, code, reason } = rejected
    const id = frame ?? rejected.reading
    const count = (this.#rejections.get(code) ?? 0) + 1
    this.#rejections.set(code, count)
    // One of each second for weeks must not fill the log.
    if (worthALine(count)) this.#log.warn(`the server cannot use ${id} (${code}): ${reason}; ${count} so far`)
    if (code === 'clock' && id !== undefined) {
      this.#refusedTime = { text: `clock: the server refused ${id}: ${reason}`, atMs: this.#clock.monotonic() }
      const [, source = '', time = ''] = id.split('/')
      this.#intake.heedRefusedTime(frame === undefined ? 'reading' : 'frame', source, Number(time))
    }
    return null
  }

  /** What is wrong with the time here, in words, or null. */
  #clockFault(): string | null {
    if (this.#intake.waitsForClock) {
      return 'clock: frames wait on the device until its clock is set; check the time service'
    }
    const lately = this.#clock.monotonic() - REFUSED_TIME_MS
    return this.#refusedTime && this.#refusedTime.atMs > lately ? this.#refusedTime.text : null
  }

  #tell(event: AgentEvent): void {
    this.#ports.onEvent?.(event)
  }
}

function parseRejected(payload: Uint8Array): Rejected | null {
  try {
    const message: unknown = JSON.parse(new TextDecoder().decode(payload))
    return Value.Check(Rejected, message) ? message : null
  } catch {
    return null
  }
}
