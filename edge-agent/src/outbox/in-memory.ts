import { keyOf } from './item.ts'
import { Passing } from './passing.ts'
import type { QueuedItem } from './queue.ts'

/** So many wait at most. */
const MOST = 8

/**
 * The newest item of each source where the disk did not take it: a server that answers gets it all the same. None of them is durable
 * before its PUBACK. Bounded: one of a source and eight in all wait, beside those that are being sent.
 */
export class InMemory {
  /** Beside those: what needs no disk as long as the server answers. */
  readonly passing = new Passing()
  /** By source, oldest first. */
  readonly #waiting = new Map<string, QueuedItem>()
  readonly #bytes = new Map<QueuedItem, Uint8Array>()

  /** Items held, those being sent included. */
  get size(): number {
    return this.#bytes.size + this.passing.size
  }

  /** The bytes of an item held, or undefined. */
  bytesOf(item: QueuedItem): Uint8Array | undefined {
    return this.#bytes.get(item) ?? this.passing.bytesOf(item)
  }

  /** Lets an item wait, with a copy of its bytes unless it is held already. @returns the one that has to go for it, or null */
  add(item: QueuedItem, bytes?: Uint8Array): QueuedItem | null {
    if (this.passing.bytesOf(item)) {
      this.passing.release(item)
      return null
    }
    const key = keyOf(item)
    const other = this.#waiting.get(key)
    if (other && other.atMs > item.atMs) {
      this.#bytes.delete(item)
      return item
    }
    const gone = other ?? (this.#waiting.size >= MOST ? this.#oldest() : undefined)
    if (gone) this.delete(gone)
    if (bytes) this.#bytes.set(item, new Uint8Array(bytes))
    this.#waiting.set(key, item)
    return gone ?? null
  }

  /** The next item to send, or null. The caller hands it back with `add`, or ends it with `delete`. */
  take(): QueuedItem | null {
    const item = this.#oldest()
    if (item) this.#waiting.delete(keyOf(item))
    return item ?? this.passing.take()
  }

  /** Forgets an item; whether it was held. */
  delete(item: QueuedItem): boolean {
    if (this.#waiting.get(keyOf(item)) === item) this.#waiting.delete(keyOf(item))
    return this.#bytes.delete(item) || this.passing.delete(item)
  }

  #oldest(): QueuedItem | undefined {
    return this.#waiting.values().next().value
  }
}
