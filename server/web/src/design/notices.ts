import { type ReadonlySignal, signal } from '@preact/signals'
import { isAway } from '../api/client.ts'

export interface Notice {
  id: number
  tone: 'done' | 'failed'
  text: string
  /** It is about a server that is away. */
  isAway: boolean
}

const SHOWN_MS = 6_000
const MOST = 4

/** Short words on what came of an action; they go away by themselves, what failed stays until it is closed. None stands twice. */
export class Notices {
  readonly #notices = signal<Notice[]>([])
  #next = 1

  get all(): ReadonlySignal<Notice[]> {
    return this.#notices
  }

  /** @returns what closes it sooner */
  done(text: string): number {
    this.#drop(({ tone, text: other }) => tone === 'done' && other === text)
    const id = this.#add({ tone: 'done', text, isAway: false })
    setTimeout(() => this.close(id), SHOWN_MS)
    return id
  }

  /** @param error an ApiError says what was wrong and what to do @returns what closes it */
  failed(error: unknown): number {
    const text = error instanceof Error ? error.message : String(error)
    const same = this.#notices.peek().find((notice) => notice.tone === 'failed' && notice.text === text)
    return same?.id ?? this.#add({ tone: 'failed', text, isAway: isAway(error) })
  }

  isShown(id: number): boolean {
    return this.#notices.peek().some((notice) => notice.id === id)
  }

  /** The server is back: nobody needs to read that it was away. */
  reached() {
    this.#drop((notice) => notice.isAway)
  }

  close(id: number) {
    this.#drop((notice) => notice.id === id)
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const id = this.#next++
    this.#notices.value = [...this.#notices.peek(), { id, ...notice }].slice(-MOST)
    return id
  }

  #drop(isIt: (notice: Notice) => boolean) {
    const left = this.#notices.peek().filter((notice) => !isIt(notice))
    if (left.length < this.#notices.peek().length) this.#notices.value = left
  }
}
