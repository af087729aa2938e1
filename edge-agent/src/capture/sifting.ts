import type { Instant } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { CameraConfig } from './drivers.ts'
import { defaultGate, type GateConfig } from './gate/config.ts'
import { Gate, type Verdict } from './gate/gate.ts'

/** So long before and after a change the frames are important. */
const AROUND_MS = 5000
/** More items than these, about what is on its way to a server that answers, are a backlog. */
const BACKLOG_ITEMS = 16

export interface SiftingParts {
  camera: CameraConfig
  outbox: Outbox
  log: Log
}

/**
 * Which pictures of a camera are sent, and which go last when the outbox needs room: those around a change. Where no gate is
 * set every picture is sent; they are looked at only while frames wait, since only then one may have to go.
 */
export class Sifting {
  readonly #parts: SiftingParts
  #config: GateConfig | undefined
  #gate: Gate
  #importantUntilMs = Number.NEGATIVE_INFINITY

  constructor(parts: SiftingParts) {
    this.#parts = parts
    this.#config = parts.camera.gate
    this.#gate = this.#gateOf()
  }

  /** The gate from now on; the picture that comes next passes where it is another one. */
  change(config: GateConfig | undefined): void {
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return
    this.#config = config
    this.#gate = this.#gateOf()
  }

  /** Every picture passes until then (monotonic milliseconds). */
  attend(untilMs: number): void {
    this.#gate.attend(untilMs)
  }

  /** The picture that passed last was not kept after all. */
  forget(): void {
    this.#gate.forget()
  }

  judge(jpeg: Uint8Array, { monotonicMs }: Instant): Verdict & { important: boolean } {
    const isGated = this.#config !== undefined
    if (!isGated && this.#parts.outbox.items <= BACKLOG_ITEMS) {
      this.#gate.forget()
      return { passes: true, changed: false, important: false }
    }
    const { passes, changed } = this.#gate.judge(jpeg, monotonicMs)
    if (changed) this.#importantUntilMs = monotonicMs + AROUND_MS
    return { passes: passes || !isGated, changed, important: monotonicMs <= this.#importantUntilMs }
  }

  /** The scene changed in the frame of this id: the frames around it are important, above all those that wait already. */
  protect(atMs: number): void {
    const { outbox, camera } = this.#parts
    outbox.protect({ fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS }, camera.name)
  }

  #gateOf(): Gate {
    const { camera, log } = this.#parts
    return new Gate({ camera: camera.name, config: this.#config ?? defaultGate, log })
  }
}
