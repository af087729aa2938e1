import { type Clock, instantOf } from '../../clock.ts'
import { AgentError } from '../../failure.ts'
import { type Log, worthALine } from '../../log.ts'
import { Wakeup } from '../../wakeup.ts'
import type { Measurement } from '../driver.ts'
import { Lines } from './lines.ts'
import { Mean, Pace } from './pace.ts'
import { type Format, readingOf } from './values.ts'

/** Readings that wait for the outbox: beyond them the oldest goes, and is counted. */
const MOST_WAITING = 64
/** Of a line that is no reading, so much is shown. */
const SHOWN = 40

export interface IncomingParts {
  name: string
  format: Format
  intervalMs: number
  surplus: 'drop' | 'average'
  clock: Clock
  log: Log
}

/** Makes readings of the bytes of a port: as many as are wanted, and what is no reading is counted. */
export class Incoming {
  readonly #parts: IncomingParts
  readonly #lines = new Lines((line) => this.#takeLine(line))
  readonly #pace: Pace
  readonly #mean = new Mean()
  readonly #waiting: Measurement[] = []
  readonly #came = new Wakeup()
  #isFirstLine = true
  #surplus = 0
  #late = 0
  /** Lines that are no readings, and the last of them with the reason. */
  #rubbish = 0
  #lastRubbish = ''
  #bytes = 0
  #goodAtMs: number

  constructor(parts: IncomingParts) {
    this.#parts = parts
    this.#pace = new Pace(parts.intervalMs)
    this.#goodAtMs = parts.clock.monotonic()
  }

  take(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#lines.take(bytes)
  }

  /** The next reading; null when `signal` aborts. Rejects with `sensor_silent` (environment) after `silentMs` without a good line. */
  async next(silentMs: number, signal: AbortSignal): Promise<Measurement | null> {
    const { clock } = this.#parts
    while (!signal.aborted) {
      const measurement = this.#waiting.shift()
      if (measurement) return measurement
      const leftMs = this.#goodAtMs + silentMs - clock.monotonic()
      if (leftMs <= 0) throw new AgentError('sensor_silent', 'environment', this.#whySilent(silentMs))
      await this.#came.waitFor(leftMs, { clock, signal })
    }
    return null
  }

  #takeLine(line: string | null): void {
    const { format, clock, surplus, log, name } = this.#parts
    // The port was opened in the middle of it, or a board tells of its start.
    const mayBePartial = this.#isFirstLine
    this.#isFirstLine = false
    const read = line === null ? { wrong: 'it is longer than 64 KiB' } : readingOf(line, format)
    if ('wrong' in read) {
      if (!mayBePartial) this.#countRubbish(line ?? '', read.wrong)
      return
    }
    const takenAt = instantOf(clock)
    this.#goodAtMs = takenAt.monotonicMs
    if (surplus === 'average') this.#mean.add(read.value)
    if (this.#pace.allows(takenAt.monotonicMs)) {
      const value = surplus === 'average' ? this.#mean.take() : read.value
      this.#wait({ value, takenAt, isEdge: false })
    } else if (worthALine(++this.#surplus)) {
      const what = surplus === 'average' ? 'are part of a mean' : 'were dropped'
      log.info(`sensor ${name}: ${this.#surplus} lines came sooner than intervalMs and ${what}`)
    }
  }

  #wait(measurement: Measurement): void {
    const { log, name } = this.#parts
    this.#waiting.push(measurement)
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift()
      if (worthALine(++this.#late)) log.warn(`sensor ${name}: ${this.#late} readings lost, since the disk is too slow`)
    }
    this.#came.ring()
  }

  #countRubbish(line: string, why: string): void {
    const { log, name } = this.#parts
    this.#rubbish++
    this.#lastRubbish = `${why}: ${JSON.stringify(line.replace(/[^ -~]/g, '?').slice(0, SHOWN))}`
    if (worthALine(this.#rubbish))
      log.info(`sensor ${name}: ${this.#rubbish} lines are no readings; ${this.#lastRubbish}`)
  }

  #whySilent(silentMs: number): string {
    const seconds = `${silentMs / 1000} s`
    if (this.#rubbish > 0)
      return `no reading for ${seconds}, but ${this.#rubbish} other lines, the last because ${this.#lastRubbish}: are baudRate and format right?`
    if (this.#bytes > 0)
      return `no reading for ${seconds}, and what came (${this.#bytes} bytes) has no whole line: is baudRate right?`
    return `nothing has come for ${seconds}: is it connected, and does it send?`
  }
}
