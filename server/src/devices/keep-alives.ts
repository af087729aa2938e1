import { createHash } from 'node:crypto'

/** What a device of the older kind says of itself, and where it says it from. */
export interface KeepAlive {
  name: string
  /** It tells devices of one name apart. */
  number: number
  address: string
}

export interface SeenAlive extends KeepAlive {
  /** Milliseconds UTC. */
  firstSeenAt: number
  seenAt: number
}

/** They speak every 15 s: who was not heard twice is gone. */
const STAYS_MS = 30_000
/** Whoever may speak may say any name: the oldest leaves. */
const MOST = 1_000
const NUMBERS = 32_768

/** Devices that have no connection and say every now and then that they are there. */
export class KeepAlives {
  readonly #now: () => number
  readonly #monotonic: () => number
  /** The one that was not heard for longest comes first. */
  readonly #entries = new Map<string, SeenAlive & { heardAt: number }>()

  /**
   * @param now milliseconds UTC, to be shown
   * @param monotonic milliseconds that go on whatever is done to the clock
   */
  constructor(now: () => number, monotonic: () => number) {
    this.#now = now
    this.#monotonic = monotonic
  }

  take({ name, number, address }: KeepAlive) {
    const key = JSON.stringify([name, number, address])
    const seenAt = this.#now()
    const firstSeenAt = this.#entries.get(key)?.firstSeenAt ?? seenAt
    this.#entries.delete(key)
    this.#entries.set(key, { name, number, address, firstSeenAt, seenAt, heardAt: this.#monotonic() })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MOST && oldest !== undefined) this.#entries.delete(oldest)
  }

  list(): SeenAlive[] {
    const now = this.#monotonic()
    for (const [key, { heardAt }] of this.#entries) {
      if (now - heardAt < STAYS_MS) break
      this.#entries.delete(key)
    }
    return [...this.#entries.values()].map(({ heardAt: _, ...seen }) => seen)
  }
}

/** The number of a device that says none: always the same for a name. */
export function numberOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt16BE() % NUMBERS
}
