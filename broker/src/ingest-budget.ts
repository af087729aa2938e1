/** What a publish costs beyond its bytes, so that a flood of empty ones is bounded too. */
const OVERHEAD_BYTES = 1024

/**
 * Counts the publishes between their first byte here and PUBACK. Over the limit whoever wants to send the next one waits; waiting ends, in
 * the order it began, once half of the budget is free.
 */
export class IngestBudget {
  readonly #limitBytes: number
  #bytes = 0
  #publishes = 0
  #expectedBytes = 0
  readonly #waiting = new Set<() => void>()
  readonly #onIdle = new Set<() => void>()

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get full(): boolean {
    return this.bytes >= this.#limitBytes
  }

  /** Those that are only half here, or on their way to `during`, included. */
  get bytes(): number {
    return this.#bytes + this.#expectedBytes
  }

  get publishes(): number {
    return this.#publishes
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Counts memory of packets that arrive (or, negative, no longer wait) on their way to `during`. */
  expect(bytes: number): void {
    this.#expectedBytes += bytes
    this.#wakeIfRoom()
  }

  /** Runs `work` with `payloadBytes` counted as long as it takes. */
  async during<T>(payloadBytes: number, work: () => Promise<T>): Promise<T> {
    this.#bytes += payloadBytes + OVERHEAD_BYTES
    this.#publishes += 1
    try {
      return await work()
    } finally {
      this.#bytes -= payloadBytes + OVERHEAD_BYTES
      this.#publishes -= 1
      this.#wakeIfRoom()
      if (this.#publishes === 0) this.#tellIdle()
    }
  }

  /** Calls `wake` once when there is room again. Returns how to stop waiting. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  /** Resolves when no publish is in ingest. */
  idle(): Promise<void> {
    if (this.#publishes === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.add(resolve))
  }

  #wakeIfRoom(): void {
    if (this.#waiting.size === 0 || this.bytes > this.#limitBytes / 2) return
    for (const wake of [...this.#waiting]) {
      if (this.full) return
      this.#waiting.delete(wake)
      wake()
    }
  }

  #tellIdle(): void {
    for (const resolve of this.#onIdle) resolve()
    this.#onIdle.clear()
  }
}
