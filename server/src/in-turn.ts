/** Work of which a few pieces run at once; the others wait for their turn, in the order in which they came. */
export class InTurn {
  readonly #mostAtOnce: number
  readonly #mostWaiting: number
  readonly #full: () => Error
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @param full the error of whoever comes while as many wait as may */
  constructor(
    mostAtOnce: number,
    mostWaiting = Number.POSITIVE_INFINITY,
    full: () => Error = () => new Error('too many wait for their turn'),
  ) {
    this.#mostAtOnce = mostAtOnce
    this.#mostWaiting = mostWaiting
    this.#full = full
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#mostAtOnce) {
      if (this.#waiting.length >= this.#mostWaiting) throw this.#full()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await work()
    } finally {
      // Who waits takes the place over.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}
