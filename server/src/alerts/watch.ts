import type { Moment } from './subjects.ts'

export interface WatchPorts {
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number
}

/** Clocks are corrected by less without anybody's doing. */
const STEP_MS = 2000
/** A clock that goes ahead by more was set, or the machine slept: who was there has to come again. */
const ABSENCE_MS = 30_000
/** Agents that lost their server try again once a minute at the least. */
export const SETTLE_MS = 120_000

/** Which time it is, and since when somebody looks without a gap: nothing fires or ends by the time in which nobody did. */
export class Watch {
  readonly #ports: WatchPorts
  #last = { now: 0, monotonic: 0 }
  #watchedSince = 0
  #beganAt = 0

  constructor(ports: WatchPorts) {
    this.#ports = ports
  }

  /** From now on somebody looks. */
  begin(): number {
    const [now, monotonic] = [this.#ports.now(), this.#ports.monotonic()]
    this.#last = { now, monotonic }
    this.#watchedSince = now
    this.#beganAt = monotonic
    return now
  }

  /** @returns `step`: by how much the clock was set since the last look, milliseconds; 0: it was not */
  look(): { moment: Moment; step: number } {
    const [now, monotonic] = [this.#ports.now(), this.#ports.monotonic()]
    const went = now - this.#last.now - (monotonic - this.#last.monotonic)
    const step = Math.abs(went) > STEP_MS ? went : 0
    this.#last = { now, monotonic }
    if (step > ABSENCE_MS) this.begin()
    else this.#watchedSince += Math.min(step, 0)
    const settled = monotonic - this.#beganAt >= SETTLE_MS
    return { moment: { now, watchedSince: this.#watchedSince, settled }, step }
  }
}
