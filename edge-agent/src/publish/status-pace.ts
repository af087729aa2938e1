import type { Clock } from '../clock.ts'

/** Between two statuses at least. */
const GAP_MS = 900
/** The same while there is news all the time, such as of a camera that fails and recovers. */
const LONG_GAP_MS = 5000
/** So many are sent before their time, one soon after the other, until the long gap counts. */
const MOST_IN_A_ROW = 5

/** How soon after one status the next may come: news within a second, but not a status a second for ever. */
export class StatusPace {
  readonly #clock: Clock
  #early = MOST_IN_A_ROW
  #toldAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#toldAt = clock.monotonic()
  }

  /** Milliseconds to wait at least before the next one. */
  get gapMs(): number {
    return this.#early >= 1 ? GAP_MS : LONG_GAP_MS
  }

  /** A status is sent now; `early` because of news. */
  told(early: boolean): void {
    const now = this.#clock.monotonic()
    this.#early = Math.min(MOST_IN_A_ROW, this.#early + (now - this.#toldAt) / LONG_GAP_MS)
    this.#toldAt = now
    if (early) this.#early = Math.max(0, this.#early - 1)
  }
}
