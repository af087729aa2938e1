/** Who watches sees no difference; a program that prints a line at a time makes a hundredth of the messages. */
const WAIT_MS = 10
/** Far less than a message between processes may have. */
const MOST_SIZE = 1_000_000

/** Hands on what comes, together with what comes within an instant of it, in order. */
export class Together<T> {
  readonly #handOn: (all: T[]) => Promise<void>
  readonly #sizeOf: (one: T) => number
  #waiting: T[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #handedOn: Promise<void> = Promise.resolve()

  /** @param sizeOf characters: as soon as a million have come together, they are handed on */
  constructor(handOn: (all: T[]) => Promise<void>, sizeOf: (one: T) => number) {
    this.#handOn = handOn
    this.#sizeOf = sizeOf
  }

  add(more: readonly T[]) {
    for (const one of more) {
      const size = this.#sizeOf(one)
      if (this.#waiting.length > 0 && this.#size + size > MOST_SIZE) this.#flushSoon()
      if (this.#waiting.length === 0) this.#timer = setTimeout(() => this.#flushSoon(), WAIT_MS)
      this.#waiting.push(one)
      this.#size += size
    }
  }

  /** That something could not be handed on is for whoever waits for all of it. */
  #flushSoon() {
    this.flush().catch(() => {})
  }

  /** Resolves when all that came is handed on. @throws what handing on threw */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = []
    this.#size = 0
    if (waiting.length > 0) this.#handedOn = Promise.all([this.#handedOn, this.#handOn(waiting)]).then(() => {})
    await this.#handedOn
  }
}
