import { type ReadonlySignal, signal } from '@preact/signals'

/** The frame of the past that somebody wants to see: the one of his last click, however long an earlier one takes. */
export class ChosenFrame {
  readonly #frame = signal<string | null>(null)
  readonly #isSought = signal(false)
  readonly #onFailed: (error: unknown) => void
  #search = new AbortController()

  /** @param onFailed told when a frame could not be found, and why */
  constructor(onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed
  }

  /** Its id, or null while the newest one is looked at. */
  get frame(): ReadonlySignal<string | null> {
    return this.#frame
  }

  /** Whether another one is being looked for. */
  get isSought(): ReadonlySignal<boolean> {
    return this.#isSought
  }

  /** @param frame null for the newest one */
  show(frame: string | null) {
    this.#search.abort()
    this.#isSought.value = false
    this.#frame.value = frame
  }

  /** Shows what is found, unless something else is chosen meanwhile. */
  async find(search: (signal: AbortSignal) => Promise<string | null>) {
    this.#search.abort()
    this.#search = new AbortController()
    const { signal } = this.#search
    this.#isSought.value = true
    try {
      const found = await search(signal)
      if (signal.aborted) return
      if (found === null) this.#onFailed(new Error('There is no frame there.'))
      else this.#frame.value = found
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error)
    }
    if (!signal.aborted) this.#isSought.value = false
  }

  close() {
    this.#search.abort()
  }
}
