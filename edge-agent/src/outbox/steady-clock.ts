import type { Clock } from '../clock.ts'

/** A clock that was set ahead by more than this is believed */
const AHEAD_MS = 60_000
/** once it has stayed there so long. */
const STEADY_MS = 3_600_000

/**
 * The time by which items are too old. A clock that somebody sets a month ahead by mistake, and back a minute later, would make
 * everything that waits too old at once: so a leap ahead counts only when it has lasted an hour. One back counts at once.
 */
export class SteadyClock {
  readonly #clock: Clock
  /** Milliseconds since 1970 UTC of the monotonic clock's zero, as it is believed. */
  #zeroMs: number | null = null
  #aheadSince: number | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds since 1970 UTC; to be asked only while the clock is trusted. */
  now(): number {
    const monotonicMs = this.#clock.monotonic()
    const zeroMs = this.#clock.now() - monotonicMs
    const believed = this.#zeroMs ?? zeroMs
    if (zeroMs <= believed + AHEAD_MS) this.#aheadSince = null
    else this.#aheadSince ??= monotonicMs
    const isBelieved = this.#aheadSince === null || monotonicMs - this.#aheadSince >= STEADY_MS
    this.#zeroMs = isBelieved ? zeroMs : believed
    if (isBelieved) this.#aheadSince = null
    return this.#zeroMs + monotonicMs
  }
}
