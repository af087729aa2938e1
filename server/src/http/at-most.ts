import { withDeadline } from '../deadline.ts'
import { InTurn } from '../in-turn.ts'
import { HttpError } from './errors.ts'

/** Work that callers ask for, a few at once, and each of them waits for a limited time. */
export class AtMost {
  readonly #turns: InTurn
  readonly #limitMs: number

  constructor(most: number, limitMs: number) {
    this.#turns = new InTurn(
      most,
      0,
      () => new HttpError(503, 'busy', `${most} such calls run already: call again later`),
    )
    this.#limitMs = limitMs
  }

  /** @throws HttpError 503 `busy` where too many run, or `too_slow`; what is too slow keeps its place until it ends */
  run<T>(work: () => Promise<T>): Promise<T> {
    return withDeadline(
      this.#turns.run(work),
      this.#limitMs,
      () => new HttpError(503, 'too_slow', 'no answer in time: call again later'),
    )
  }
}
