import type { Clock } from './clock.ts'

const LINES_EVERY_MS = 1000

/** Tells of changes at once, and of lines at most once a second. */
export class Report {
  readonly #clock: Clock
  readonly #tell: () => boolean
  #cancel: (() => void) | null = null
  #isClosed = false

  /** @param tell returns false where it has to be said again */
  constructor(clock: Clock, tell: () => boolean) {
    this.#clock = clock
    this.#tell = tell
  }

  now() {
    if (this.#isClosed) return
    this.#cancel?.()
    this.#cancel = null
    if (!this.#tell()) this.later()
  }

  later() {
    if (this.#isClosed) return
    this.#cancel ??= this.#clock.setTimer(() => this.now(), LINES_EVERY_MS)
  }

  close() {
    this.#isClosed = true
    this.#cancel?.()
  }
}
