import type { Clock } from '../clock.ts'
import type { Patience } from './patience.ts'

interface Awaited {
  bytes: number
}

/**
 * The answers that a connection waits for, in the order in which they were asked for. Bytes arrive in that order, too: so
 * only the first can be late, and what it may take counts from when all before it were answered.
 */
export class Answers {
  readonly #clock: Clock
  readonly #patience: Patience
  readonly #onMissing: () => void
  readonly #awaited = new Set<Awaited>()
  #first: Awaited | null = null
  #firstSince = 0
  #watching = new AbortController()

  /** @param onMissing told once, when an answer did not come in time */
  constructor(clock: Clock, patience: Patience, onMissing: () => void) {
    this.#clock = clock
    this.#patience = patience
    this.#onMissing = onMissing
  }

  get waiting(): boolean {
    return this.#awaited.size > 0
  }

  /** @param bytes of the packet @returns to be called when its answer is there */
  expect(bytes: number): () => void {
    const awaited = { bytes }
    this.#awaited.add(awaited)
    this.#watch()
    return () => this.#came(awaited)
  }

  /** The connection is gone: nothing is awaited any more. */
  close(): void {
    this.#awaited.clear()
    this.#watch()
  }

  #came(awaited: Awaited): void {
    if (!this.#awaited.delete(awaited)) return
    if (awaited === this.#first) this.#patience.answered(awaited.bytes, this.#clock.monotonic() - this.#firstSince)
    this.#watch()
  }

  #watch(): void {
    const [first = null] = this.#awaited
    if (first === this.#first) return
    this.#watching.abort()
    this.#first = first
    if (first === null) return
    this.#firstSince = this.#clock.monotonic()
    this.#watching = new AbortController()
    const { signal } = this.#watching
    this.#clock.sleep(this.#patience.limitMs(first.bytes), signal).then(() => {
      if (signal.aborted) return
      this.#patience.unanswered()
      this.#onMissing()
    })
  }
}
