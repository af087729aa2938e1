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
/** Whoever may speak may say any name: beyond so many the oldest of the address that says most of them leaves. */
const MOST = 1_000
/** So long a crowd is news. */
const CROWD_MS = 60_000
const NUMBERS = 32_768

/** Devices that have no connection and say every now and then that they are there. */
export class KeepAlives {
  readonly #now: () => number
  readonly #monotonic: () => number
  /** The one that was not heard for longest comes first. */
  readonly #entries = new Map<string, SeenAlive & { heardAt: number }>()
  #crowd: { address: string; at: number } | null = null

  /**
   * @param now milliseconds UTC, to be shown
   * @param monotonic milliseconds that go on whatever is done to the clock
   */
  constructor(now: () => number, monotonic: () => number) {
    this.#now = now
    this.#monotonic = monotonic
  }

  /** @returns the address that says so many names that one of them left, or null */
  take({ name, number, address }: KeepAlive): string | null {
    const key = JSON.stringify([name, number, address])
    const seenAt = this.#now()
    const firstSeenAt = this.#entries.get(key)?.firstSeenAt ?? seenAt
    this.#entries.delete(key)
    this.#entries.set(key, { name, number, address, firstSeenAt, seenAt, heardAt: this.#monotonic() })
    return this.#entries.size > MOST ? this.#makeRoom() : null
  }

  /** The address whose names had to leave within a minute, because it says too many. */
  get crowd(): string | null {
    return this.#crowd && this.#monotonic() - this.#crowd.at < CROWD_MS ? this.#crowd.address : null
  }

  list(): SeenAlive[] {
    const now = this.#monotonic()
    for (const [key, { heardAt }] of this.#entries) {
      if (now - heardAt < STAYS_MS) break
      this.#entries.delete(key)
    }
    return [...this.#entries.values()].map(({ heardAt: _, ...seen }) => seen)
  }

  #makeRoom(): string | null {
    const byAddress = Map.groupBy(this.#entries, ([, { address }]) => address)
    const [[oldest] = []] = [...byAddress.values()].sort((a, b) => b.length - a.length)
    if (!oldest) return null
    const [key, { address }] = oldest
    this.#entries.delete(key)
    this.#crowd = { address, at: this.#monotonic() }
    return address
  }
}

/** The number of a device that says none: always the same for a name. */
export function numberOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt16BE() % NUMBERS
}
