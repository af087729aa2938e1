import { withDeadline } from '../deadline.ts'
import { HttpError } from './errors.ts'

/** Work that callers ask for, a few at once, and each of them waits for a limited time. */
export class AtMost {
  readonly #most: number
  readonly #limitMs: number
  #running = 0

  constructor(most: number, limitMs: number) {
    this.#most = most
    this.#limitMs = limitMs
  }

  /** @throws HttpError 503 `busy` where too many run, or `too_slow`; what is too slow keeps its place until it ends */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most)
      return Promise.reject(new HttpError(503, 'busy', `${this.#most} such calls run already: call again later`))
    this.#running += 1
    const done = work().finally(() => {
      this.#running -= 1
    })
    return withDeadline(
      done,
      this.#limitMs,
      () => new HttpError(503, 'too_slow', 'no answer in time: call again later'),
    )
  }
}
