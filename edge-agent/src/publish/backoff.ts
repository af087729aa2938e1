/** How long a connection must have lasted to count as good although nothing was acknowledged on it. */
export const STABLE_MS = 60_000

export interface BackoffLimits {
  /** Upper bound of the first wait, milliseconds. */
  baseMs: number
  /** Upper bound of any wait, milliseconds. */
  capMs: number
}

const BACKOFF: BackoffLimits = { baseMs: 1000, capMs: 60_000 }
/** A server on the same machine is not crowded by a hundred agents, and is back within seconds. */
const CLOSE_BY_MS = 5000
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** How patient to be with the server at this address (`mqtt://host:port` and the like). */
export function backoffFor(server: string): BackoffLimits {
  return LOOPBACK.test(new URL(server).hostname) ? { ...BACKOFF, capMs: CLOSE_BY_MS } : BACKOFF
}

/**
 * How long to wait before connecting again: a random time up to a bound that doubles with every failure ("full
 * jitter"), so that a hundred agents do not return in step after the server restarts. A connection counts as a failure
 * unless a frame was acknowledged on it or it was stable: one that is closed at once on every publish backs off too.
 */
export class Backoff {
  readonly #limits: BackoffLimits
  readonly #random: () => number
  #failures = 0

  constructor(limits: BackoffLimits, random: () => number = Math.random) {
    this.#limits = limits
    this.#random = random
  }

  /** A connection ended, or never came about (`lastedMs` 0). */
  ended(lastedMs: number, acknowledged: boolean): void {
    this.#failures = acknowledged || lastedMs >= STABLE_MS ? 0 : this.#failures + 1
  }

  /** Milliseconds to wait now. */
  wait(): number {
    const doublings = Math.max(0, this.#failures - 1)
    // 2 ** 1024 is Infinity, which min() takes well.
    return this.#random() * Math.min(this.#limits.capMs, this.#limits.baseMs * 2 ** doublings)
  }
}
