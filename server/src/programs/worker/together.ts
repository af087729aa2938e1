/** Who watches sees no difference; a program that prints a line at a time makes a hundredth of the messages. */
const WAIT_MS = 10

/** Hands on what comes, together with what comes within an instant of it, in order. */
export class Together<T> {
  readonly #handOn: (all: T[]) => Promise<void>
  #waiting: T[] = []
  #timer: NodeJS.Timeout | undefined
  #handedOn: Promise<void> = Promise.resolve()

  constructor(handOn: (all: T[]) => Promise<void>) {
    this.#handOn = handOn
  }

  add(more: readonly T[]) {
    if (this.#waiting.length === 0) this.#timer = setTimeout(() => void this.flush(), WAIT_MS)
    this.#waiting.push(...more)
  }

  /** Resolves when all that came is handed on. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.#handedOn = Promise.all([this.#handedOn, this.#handOn(waiting)]).then(() => {})
    await this.#handedOn
  }
}
