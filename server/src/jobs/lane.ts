const RETRY_MS = 500

/** Does one thing after the other, for as long as there is something to do. */
export class LaneLoop {
  readonly #performNext: () => Promise<boolean>
  readonly #onTrouble: (error: unknown) => void
  #woken = false
  #isClosing = false
  #looping = false
  #loop: Promise<void> = Promise.resolve()

  /**
   * @param performNext does the next thing; false where there is none now
   * @param onTrouble told once why it cannot go on, until it can again
   */
  constructor(performNext: () => Promise<boolean>, onTrouble: (error: unknown) => void) {
    this.#performNext = performNext
    this.#onTrouble = onTrouble
  }

  /** Whether it does nothing, and looks for nothing. */
  get isIdle(): boolean {
    return !this.#looping
  }

  /** Looks whether there is something to do. */
  wake() {
    this.#woken = true
    if (this.#looping) return
    this.#looping = true
    this.#loop = this.#run()
  }

  /** Begins nothing more. @returns when what it is at has ended */
  close(): Promise<void> {
    this.#isClosing = true
    return this.#loop
  }

  async #run() {
    let isInTrouble = false
    while (this.#woken && !this.#isClosing) {
      this.#woken = false
      try {
        while (!this.#isClosing && (await this.#performNext()));
        isInTrouble = false
      } catch (error) {
        // The disk refuses: what a job has come to is written when it works again, or found out by the next start.
        if (!isInTrouble && !this.#isClosing) this.#onTrouble(error)
        isInTrouble = true
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        this.#woken = true
      }
    }
    this.#looping = false
  }
}
