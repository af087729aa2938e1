import type { Clock } from './clock.ts'

/**
 * Lets several loops wait for "something changed". A waiter checks its condition, waits, and checks again, so a ring
 * that concerns somebody else costs one look and can never be missed.
 */
export class Wakeup {
  readonly #waiting = new Set<() => void>()

  ring(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  /** Resolves at the next ring, after `ms`, or when `signal` aborts; never rejects. */
  async waitFor(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
    if (signal.aborted) return
    const enough = new AbortController()
    const stop = () => enough.abort()
    signal.addEventListener('abort', stop, { once: true })
    void this.wait(enough.signal).then(stop)
    await clock.sleep(ms, enough.signal)
    stop()
    signal.removeEventListener('abort', stop)
  }

  /** Resolves at the next ring or when `signal` aborts; never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const wake = () => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
