import type { Readable } from 'node:stream'
import { HttpError } from './errors.ts'

/** Answers that each read as fast as their reader takes them, a few at once. */
export class FewAtOnce {
  readonly #most: number
  readonly #what: string
  #running = 0

  /** @param what they are called, in the plural */
  constructor(most: number, what: string) {
    this.#most = most
    this.#what = what
  }

  /** Opens an answer, which counts until it is closed. @throws HttpError 503 `busy` where too many are open */
  open(stream: () => Readable): Readable {
    if (this.#running >= this.#most)
      throw new HttpError(503, 'busy', `${this.#most} ${this.#what} run already: ask again when one has ended`)
    const opened = stream()
    this.#running += 1
    opened.once('close', () => {
      this.#running -= 1
    })
    return opened
  }
}
