import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { AlertBody, Severity } from '../api/alert-bodies.ts'
import type { List } from '../api/bodies.ts'
import { get, isAway } from '../api/client.ts'
import { firedAt, gravestOf, isSeen } from './urgency.ts'

const PAGE = 500
/** More of them nobody reads; those that fire later are heard all the same. */
const MOST_LOADED = 1_000
const MOST = 2_000
const RETRY_MS = 2_000

type Standing = ReadonlyMap<AlertBody['id'], AlertBody>
/** Told once of each alert that fires, and of each that ends. */
type Listener = (alert: AlertBody) => void

/** The alerts that stand, as they fire, are acknowledged and end. */
export class Alerts {
  readonly #standing = signal<Standing | null>(null)
  readonly #listeners = new Set<Listener>()
  /** What was heard while an answer is on its way: it may have been asked for before. */
  #heard: AlertBody[] | null = null
  /** Rises when all is forgotten or asked for anew: an answer of before says nothing any more. */
  #asked = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  readonly #newestFirst = computed(() => {
    const standing = this.#standing.value
    return standing && [...standing.values()].sort((one, other) => firedAt(other) - firedAt(one))
  })
  readonly #bySubject = computed(() => Map.groupBy(this.#newestFirst.value ?? [], ({ subject }) => subject))
  readonly #waiting = computed(() => (this.#newestFirst.value ?? []).filter((alert) => !isSeen(alert)))
  readonly #unacknowledged = computed(() => this.#waiting.value.length)
  readonly #gravest = computed(() => gravestOf(this.#waiting.value))

  /** All that stand, the newest first; null until they are loaded. */
  get all(): ReadonlySignal<AlertBody[] | null> {
    return this.#newestFirst
  }

  /** How many of them nobody has acknowledged. */
  get unacknowledged(): ReadonlySignal<number> {
    return this.#unacknowledged
  }

  /** The severity of the gravest of these; null where there are none. */
  get gravest(): ReadonlySignal<Severity | null> {
    return this.#gravest
  }

  /** Those that stand of a camera `device/camera`, of a device, or of `server`, the newest first. Read it where one renders. */
  of(subject: string): AlertBody[] {
    return this.#bySubject.value.get(subject) ?? NONE
  }

  /** @returns a function that ends it */
  onNews(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Never fails: where the server is away it is asked again. */
  async load() {
    clearTimeout(this.#retry)
    const asked = ++this.#asked
    this.#heard = []
    try {
      const loaded = await loadStanding()
      if (asked !== this.#asked) return
      const heard = this.#heard
      this.#heard = null
      this.#standing.value = heard.reduce(withAlert, new Map(loaded.map((alert) => [alert.id, alert])))
    } catch (error) {
      if (asked !== this.#asked) return
      this.#heard = null
      if (isAway(error)) this.#retry = setTimeout(() => void this.load(), RETRY_MS)
    }
  }

  /** What the event stream says of one. */
  take(alert: AlertBody) {
    this.#heard?.push(alert)
    const before = this.#standing.peek() ?? new Map()
    const stood = before.has(alert.id)
    this.#standing.value = withAlert(before, alert)
    const isNews = stood ? alert.state === 'resolved' : alert.state === 'firing'
    if (isNews) for (const listener of this.#listeners) listener(alert)
  }

  forget() {
    this.#asked++
    clearTimeout(this.#retry)
    this.#heard = null
    this.#standing.value = null
  }
}

const NONE: AlertBody[] = []

async function loadStanding(): Promise<AlertBody[]> {
  const loaded: AlertBody[] = []
  let cursor: string | undefined
  do {
    const page: List<AlertBody> = await get('/api/alerts', { state: 'standing', limit: PAGE, cursor })
    loaded.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined && loaded.length < MOST_LOADED)
  return loaded
}

function withAlert(standing: Standing, alert: AlertBody): Standing {
  const others = [...standing].filter(([id]) => id !== alert.id)
  if (alert.state !== 'firing') return others.length === standing.size ? standing : new Map(others)
  return new Map([...others.slice(1 - MOST), [alert.id, alert]])
}
