/** Frames that stand still for so long while nothing hinders them are a fault that a restart mends. */
const STALL_MS = 30_000

export interface ProgressPorts {
  /** Whether any frame could go on now: frames that wait for another try, or for the disk, could not. */
  isDue(): boolean
  /** Rises with every step that a frame takes. */
  steps(): number
  /** Monotonic, in milliseconds. */
  now(): number
}

/** Sees whether frames advance, from one look to the next. */
export class Progress {
  readonly #ports: ProgressPorts
  #steps = -1
  #movedAt = 0

  constructor(ports: ProgressPorts) {
    this.#ports = ports
  }

  isAlive(): boolean {
    const { isDue, steps, now } = this.#ports
    if (!isDue() || steps() !== this.#steps) {
      this.#steps = steps()
      this.#movedAt = now()
    }
    return now() - this.#movedAt < STALL_MS
  }
}
