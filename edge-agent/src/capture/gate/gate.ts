import { reasonOf } from '../../failure.ts'
import { type Log, worthALine } from '../../log.ts'
import { compileWhatRunsHot } from '../../memory.ts'
import type { GateConfig } from './config.ts'
import { blocksIn, differenceOf } from './difference.ts'
import { type Luminance, LuminanceReader } from './luminance.ts'

/** So many pictures after a change pass as well: a server changes a state only after some agreeing results, three unless told. */
const FOLLOWING = 4

/** What a gate says of one picture. */
export interface Verdict {
  /** Whether to send it. */
  passes: boolean
  /** Whether the scene looks different from the picture that passed last. */
  changed: boolean
}

export interface GateParts {
  config: GateConfig
  /** Whose gate it is, for the log. */
  camera: string
  log: Log
}

/**
 * Decides which pictures of one camera are worth sending: at once one that looks different from the picture that passed last,
 * with the four after it, else one within each `heartbeatMs`. What it cannot read passes, so nothing is lost by it.
 */
export class Gate {
  readonly #parts: GateParts
  readonly #reader = new LuminanceReader()
  #last: { luminance: Luminance; atMs: number } | null = null
  #region: { blocks: Uint8Array; width: number; height: number } | null = null
  #lookedAtMs = Number.POSITIVE_INFINITY
  /** Pictures that still pass because of the last change. */
  #following = 0
  #attendUntilMs = Number.NEGATIVE_INFINITY
  #unreadable = 0

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  /** Everything passes until then (monotonic milliseconds): something happened that a picture should show. */
  attend(untilMs: number): void {
    this.#attendUntilMs = Math.max(this.#attendUntilMs, untilMs)
  }

  /** The picture that passed last was not kept after all: the next one passes. */
  forget(): void {
    this.#last = null
  }

  /** `atMs`: when the picture was taken, monotonic milliseconds. Never throws. */
  judge(jpeg: Uint8Array, atMs: number): Verdict {
    const luminance = this.#read(jpeg)
    if (!luminance) {
      this.#last = null
      return { passes: true, changed: false }
    }
    const { difference, heartbeatMs } = this.#parts.config
    const last = this.#last
    const changed = last !== null && differenceOf(last.luminance, luminance, this.#regionOf(luminance)) >= difference
    // The next look, as far from this one as this from the one before, would be too late.
    const isDue = last !== null && 2 * atMs - this.#lookedAtMs - last.atMs > heartbeatMs
    this.#lookedAtMs = atMs
    const passes = !last || changed || this.#following > 0 || isDue || atMs <= this.#attendUntilMs
    this.#following = changed ? FOLLOWING : Math.max(0, this.#following - 1)
    if (passes) this.#last = { luminance, atMs }
    return { passes, changed }
  }

  #read(jpeg: Uint8Array): Luminance | null {
    compileWhatRunsHot()
    try {
      return this.#reader.read(jpeg)
    } catch (error) {
      const { camera, log } = this.#parts
      this.#unreadable++
      if (worthALine(this.#unreadable)) {
        log.warn(`camera ${camera}: a picture is sent unjudged, ${this.#unreadable} so far (${reasonOf(error)})`)
      }
      return null
    }
  }

  #regionOf({ width, height }: Luminance): Uint8Array {
    if (this.#region?.width !== width || this.#region.height !== height) {
      this.#region = { blocks: blocksIn(this.#parts.config.region, width, height), width, height }
    }
    return this.#region.blocks
  }
}
