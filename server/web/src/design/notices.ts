import { type ReadonlySignal, signal } from '@preact/signals'

export interface Notice {
  id: number
  tone: 'done' | 'failed'
  text: string
}

const SHOWN_MS = 6_000
const MOST = 4

/** Short words on what came of an action; they go away by themselves, what failed stays until it is closed. */
export class Notices {
  readonly #notices = signal<Notice[]>([])
  #next = 1

  get all(): ReadonlySignal<Notice[]> {
    return this.#notices
  }

  /** @returns what closes it sooner */
  done(text: string): number {
    const id = this.#add('done', text)
    setTimeout(() => this.close(id), SHOWN_MS)
    return id
  }

  /** @param error an ApiError says what was wrong and what to do @returns what closes it */
  failed(error: unknown): number {
    return this.#add('failed', error instanceof Error ? error.message : String(error))
  }

  close(id: number) {
    this.#notices.value = this.#notices.value.filter((notice) => notice.id !== id)
  }

  #add(tone: Notice['tone'], text: string): number {
    const id = this.#next++
    this.#notices.value = [...this.#notices.value, { id, tone, text }].slice(-MOST)
    return id
  }
}
