import { type ReadonlySignal, signal } from '@preact/signals'
import { type Query, queryText } from '../../api/client.ts'
import { type Entry, isLine, type LogLine } from './line.ts'

/** Rows that stand on the page; older ones go. */
export const MOST_ROWS = 500
const PAST = 200
const RETRY_MS = 3000
/** Lines may come by the thousand: the page is drawn anew at most this often. */
const SHOW_MS = 100

/** The log as it is written, filtered; while it is paused, what comes is kept back. */
export class LogFeed {
  readonly #entries = signal<readonly Entry[]>([])
  readonly #isPaused = signal(false)
  readonly #isLive = signal(false)
  #all: Entry[] = []
  #newest = 0
  #gaps = 0
  #source: EventSource | null = null
  #showing: ReturnType<typeof setTimeout> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined

  /** The oldest first. */
  get entries(): ReadonlySignal<readonly Entry[]> {
    return this.#entries
  }

  get isPaused(): ReadonlySignal<boolean> {
    return this.#isPaused
  }

  get isLive(): ReadonlySignal<boolean> {
    return this.#isLive
  }

  /** Begins anew with what matches. */
  open(filter: Query) {
    this.close()
    this.#all = []
    this.#newest = 0
    this.#entries.value = []
    this.#connect(filter)
  }

  setPaused(isPaused: boolean) {
    this.#isPaused.value = isPaused
    this.#show()
  }

  clear() {
    this.#all = []
    this.#entries.value = []
  }

  close() {
    clearTimeout(this.#retry)
    clearTimeout(this.#showing)
    this.#showing = undefined
    this.#source?.close()
    this.#isLive.value = false
  }

  #connect(filter: Query) {
    const source = new EventSource(`/api/logs${queryText({ ...filter, follow: true, limit: PAST })}`)
    this.#source = source
    source.onopen = () => {
      this.#isLive.value = true
    }
    source.onerror = () => {
      this.#isLive.value = false
      // A broken connection is resumed by the browser, a refused one is not.
      if (source.readyState === EventSource.CLOSED) this.#retry = setTimeout(() => this.#connect(filter), RETRY_MS)
    }
    source.addEventListener('line', ({ data }) => {
      const line = JSON.parse(data) as LogLine
      // Who is let in again after a refusal hears the past a second time.
      if (line.id > this.#newest) this.#add(line)
      this.#newest = Math.max(this.#newest, line.id)
    })
    source.addEventListener('gap', ({ data }) => {
      this.#newest = 0 // after a restart with the clock set back, ids are lower
      this.#add({ id: `gap ${++this.#gaps}`, ...JSON.parse(data) })
    })
  }

  #add(entry: Entry) {
    this.#all.push(entry)
    if (this.#all.length > 2 * MOST_ROWS) this.#all = this.#all.slice(-MOST_ROWS)
    this.#showing ??= setTimeout(() => this.#show(), SHOW_MS)
  }

  #show() {
    clearTimeout(this.#showing)
    this.#showing = undefined
    if (!this.#isPaused.value) this.#entries.value = this.#all.slice(-MOST_ROWS)
  }
}

/** How many of the lines are shown, in words. */
export function countOf(entries: readonly Entry[]): string {
  const lines = entries.filter(isLine).length
  return lines < MOST_ROWS ? `${lines} lines` : `the last ${lines} lines`
}
