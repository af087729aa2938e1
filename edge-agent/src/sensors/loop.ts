import type { SensorStatus } from '@ajar/protocol'
import type { Clock, Instant } from '../clock.ts'
import { reasonOf, shortened } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import type { Measurement } from './driver.ts'
import { openSensor, type SensorConfig, sensorDriverOf } from './drivers.ts'

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
/** So many edges matter at once, and one more each second after that: what changes faster for long is a loose contact. */
const EDGES_THAT_MATTER = 60
const MS_AN_EDGE = 1000

/** A reading as the outbox takes it in. */
export interface TakenReading {
  kind: 'reading'
  source: string
  takenAt: Instant
  /** `{"value": ...}` as JSON. */
  bytes: Uint8Array
  important: boolean
  /** One of many a second (`Intake`). */
  passing: boolean
}

export interface SensorParts {
  sensor: SensorConfig
  dataDir: string
  clock: Clock
  log: Log
  /** Resolves when the reading is durable or counted as dropped; never rejects. */
  take: (reading: TakenReading) => Promise<unknown>
  /** Something happened at that moment: a contact opened. */
  onEdge: (takenAt: Instant) => void
  /** The fault of its status is another one, or there is none any more. */
  onFault: () => void
  /** For tests: opens the sensor. */
  open?: typeof openSensor
}

/** Reads one sensor and hands on its readings; what fails is told, and tried again after ever longer pauses. */
export class SensorLoop {
  readonly #parts: SensorParts
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #fault: string | null = null
  #readings = 0
  /** Edges that may still matter, as of the moment of the last one. */
  #edgesLeft = EDGES_THAT_MATTER
  #edgeAtMs = Number.NEGATIVE_INFINITY
  #chattered = 0

  constructor(parts: SensorParts) {
    this.#parts = parts
  }

  get name(): string {
    return this.#parts.sensor.name
  }

  get status(): SensorStatus {
    const { name, unit } = sensorDriverOf(this.#parts.sensor)
    return { driver: name, unit, fault: this.#fault }
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Stops the driver and waits until its last reading is durable. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts
    const { signal } = this.#stopping
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)) {
      const before = this.#readings
      try {
        await this.#read()
        if (signal.aborted) return
        throw new Error('it has stopped')
      } catch (error) {
        if (this.#readings > before) retryMs = FIRST_RETRY_MS
        const reason = shortened(reasonOf(error))
        // A sensor that is not there is tried for ever: one line for each reason is enough.
        if (reason !== this.#fault) log.warn(`sensor ${this.name}: ${reason}; trying again in ${retryMs / 1000} s`)
        this.#setFault(reason)
        await clock.sleep(retryMs, signal)
      }
    }
  }

  async #read(): Promise<void> {
    const { sensor, dataDir, clock, log, open = openSensor } = this.#parts
    const { signal } = this.#stopping
    for await (const measurement of open(sensor, { dataDir, clock, log, signal })) {
      if (signal.aborted) return
      if (this.#fault !== null) log.info(`sensor ${this.name}: it can be read again`)
      this.#setFault(null)
      this.#readings++
      await this.#keep(measurement)
    }
  }

  #setFault(fault: string | null): void {
    if (fault === this.#fault) return
    this.#fault = fault
    this.#parts.onFault()
  }

  async #keep({ value, takenAt, isEdge }: Measurement): Promise<void> {
    const important = isEdge && this.#matters(takenAt)
    // Before the reading is written: the frames around it shall be kept whatever becomes of it.
    if (important) this.#parts.onEdge(takenAt)
    const bytes = new TextEncoder().encode(JSON.stringify({ value }))
    const { sensor } = this.#parts
    const passing = sensorDriverOf(sensor).isStream?.(sensor as never) ?? false
    await this.#parts.take({ kind: 'reading', source: this.name, takenAt, bytes, important, passing })
  }

  /** A contact that chatters for minutes would make everything important, and push all other frames out of a full outbox. */
  #matters({ monotonicMs }: Instant): boolean {
    const since = Math.max(0, monotonicMs - this.#edgeAtMs)
    this.#edgeAtMs = monotonicMs
    this.#edgesLeft = Math.min(EDGES_THAT_MATTER, this.#edgesLeft + since / MS_AN_EDGE)
    if (this.#edgesLeft >= 1) {
      this.#edgesLeft--
      return true
    }
    this.#chattered++
    const text =
      'changes so often that its edges count as ordinary readings: is a contact loose, or debounceMs too short?'
    if (worthALine(this.#chattered)) this.#parts.log.warn(`sensor ${this.name}: it ${text}`)
    return false
  }
}
