const FIRST_MS = 250
const LONGEST_MS = 30_000
/** So long without a fault, and the faults before it are forgotten. */
export const STABLE_MS = 60_000
/** More exits than this within the window are a failure that quick restarts do not mend. */
const MOST_EXITS = 5
const WINDOW_MS = 30_000
/** So many starts in a row that took too long are one as well, however slowly they come. */
const MOST_SLOW_STARTS = 5
const FAILED_RETRY_MS = 60_000

export interface Pause {
  ms: number
  /** Restarts did not help: it is tried again, but seldom, and somebody has to look. */
  isFailed: boolean
}

/** How long to wait before the next start of a process that ends again and again. */
export class BackOff {
  readonly #random: () => number
  #exits: number[] = []
  #attempts = 0
  #slowStarts = 0
  #isFailed = false

  /** @param random 0..1, for the jitter: processes that fell together do not rise together */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /**
   * @param now monotonic milliseconds of an exit that nobody asked for
   * @param wasSlowStart it was ended by us before it was ready
   */
  afterExit(now: number, wasSlowStart = false): Pause {
    this.#slowStarts = wasSlowStart ? this.#slowStarts + 1 : 0
    this.#exits = [...this.#exits.filter((at) => now - at < WINDOW_MS), now].slice(-MOST_EXITS - 1)
    if (this.#exits.length > MOST_EXITS || this.#slowStarts >= MOST_SLOW_STARTS) this.#isFailed = true
    if (this.#isFailed) return { ms: FAILED_RETRY_MS, isFailed: true }
    const doubled = Math.min(FIRST_MS * 2 ** (this.#attempts - 1), LONGEST_MS)
    const ms = this.#attempts === 0 ? 0 : doubled * (0.5 + this.#random() / 2)
    this.#attempts += 1
    return { ms, isFailed: false }
  }

  reset() {
    this.#exits = []
    this.#attempts = 0
    this.#slowStarts = 0
    this.#isFailed = false
  }
}
