/** One moment until which several pieces of work are waited for; those that take longer go on. */
export class Late {
  readonly #passed: Promise<void>
  readonly #timer: NodeJS.Timeout

  constructor(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#passed = promise
    this.#timer = setTimeout(resolve, ms)
  }

  /** What comes of it, or what stands for it from that moment on. */
  or<T, U>(work: Promise<T>, otherwise: () => U): Promise<T | U> {
    return Promise.race([work, this.#passed.then(otherwise)])
  }

  /** Nobody waits any more. */
  end() {
    clearTimeout(this.#timer)
  }
}
