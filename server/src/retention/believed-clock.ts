export interface BelievedClockPorts {
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number
}

/** Clocks are corrected by seconds; more than this is another time. */
const STEP_MS = 5 * 60_000
/** A clock that went ahead at once is not believed for so long: somebody may set it right. */
const DOUBT_MS = 86_400_000
/** After that, and after a start, when nobody knows what the clock did meanwhile, a day goes by in an hour. */
const CATCH_UP = 24
/** So long it is news that somebody set the clock back. */
const SET_BACK_MS = 3_600_000

/**
 * The time by which frames and rows are too old. It follows the machine's clock, but for where that goes ahead by more
 * than time went by: all that is stored would be too old at once, for a clock that is wrong, and be gone.
 */
export class BelievedClock {
  readonly #ports: BelievedClockPorts
  #last: { wall: number; monotonic: number; believed: number } | null = null
  #setBack: { step: number; until: number } | null = null
  #doubt: { since: number; step: number; until: number } | null = null

  constructor(ports: BelievedClockPorts) {
    this.#ports = ports
  }

  /**
   * Looks at the machine's clock; often, for what it did in between is known by then only.
   * @param latest what the first look believes at most; null: all
   * @returns what is believed, milliseconds UTC
   */
  look(latest: number | null): number {
    const [wall, monotonic] = [this.#ports.now(), this.#ports.monotonic()]
    const last = this.#last ?? { wall, monotonic, believed: latest ?? wall }
    const elapsed = monotonic - last.monotonic
    const step = wall - last.wall - elapsed
    // Where it was ahead before, it is right again.
    if (step < -STEP_MS) this.#setBack = this.#doubt ? null : { step, until: monotonic + SET_BACK_MS }
    else if (step > STEP_MS && this.#setBack) this.#setBack = null
    if (this.#setBack && monotonic >= this.#setBack.until) this.#setBack = null
    if (step > STEP_MS) this.#doubt = { since: wall, step, until: monotonic + DOUBT_MS }
    const pace = this.#doubt && monotonic < this.#doubt.until ? 1 : CATCH_UP
    const believed = Math.min(wall, last.believed + elapsed * pace)
    if (wall - believed <= STEP_MS) this.#doubt = null
    this.#last = { wall, monotonic, believed }
    return believed
  }

  /** What was believed at the last look, milliseconds UTC. */
  get time(): number {
    return this.#last?.believed ?? this.look(null)
  }

  /** How far the clock was set back within the last hour, milliseconds below zero; else null. */
  get setBack(): number | null {
    return this.#setBack?.step ?? null
  }

  /** How far the clock went ahead at once, milliseconds, where that is not believed; else null. */
  get step(): number | null {
    return this.#doubt?.step ?? null
  }
}
