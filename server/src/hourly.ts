const HOUR_MS = 3_600_000

/** Something that is done when it starts, and an hour after it was done last; what fails is tried again then. */
export class Hourly {
  readonly #work: () => Promise<void>
  readonly #onTrouble: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #isClosing = false

  /** @param onTrouble told why it failed, unless nobody waits for it any more */
  constructor(work: () => Promise<void>, onTrouble: (error: unknown) => void) {
    this.#work = work
    this.#onTrouble = onTrouble
  }

  /** Work that goes on for long looks at it, and ends early. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  start() {
    this.#working = this.#workAndArrange()
  }

  /** Resolves when nothing of it is done any more. */
  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#working
  }

  async #workAndArrange() {
    try {
      await this.#work()
    } catch (error) {
      if (!this.#isClosing) this.#onTrouble(error)
    }
    if (!this.#isClosing) this.#timer = setTimeout(() => this.start(), HOUR_MS).unref()
  }
}
