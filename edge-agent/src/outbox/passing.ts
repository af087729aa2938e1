import { bundleOf } from '../reading-bundle.ts'
import { keyOf } from './item.ts'
import { type QueuedItem, queuedItem } from './queue.ts'

/** Beyond these the oldest that nobody is sending goes. */
const MOST = 1024
const MOST_BYTES = 8 * 1024 * 1024
/** What has waited so long goes to the disk. */
const PASSING_MS = 5000

/** Several readings of a sensor in one item, whose time is that of the last. */
export interface Bundle {
  item: QueuedItem
  bytes: Uint8Array
}

/**
 * Readings of sensors that tell many a second, on their way from memory to a server that answers: none of them touches
 * the disk, which a file each would wear out. What is not gone after seconds is handed out as a bundle, for the disk to keep.
 */
export class Passing {
  /** That nobody is sending, oldest first. */
  #waiting: QueuedItem[] = []
  /** An item's own `bytes` is its size: those here are given away once it is sent. */
  readonly #held = new Map<QueuedItem, { bytes: Uint8Array; sinceMs: number }>()
  #bytes = 0
  #tookLast = false

  /** Items held, those being sent included. */
  get size(): number {
    return this.#held.size
  }

  bytesOf(item: QueuedItem): Uint8Array | undefined {
    return this.#held.get(item)?.bytes
  }

  /** @param nowMs monotonic. @returns those that have to go for it */
  add(item: QueuedItem, bytes: Uint8Array, nowMs: number): QueuedItem[] {
    this.#held.set(item, { bytes, sinceMs: nowMs })
    this.#bytes += item.bytes
    this.#waiting.push(item)
    const gone: QueuedItem[] = []
    while ((this.#held.size > MOST || this.#bytes > MOST_BYTES) && this.#waiting.length > 1) {
      const oldest = this.#waiting[0] as QueuedItem
      this.delete(oldest)
      gone.push(oldest)
    }
    return gone
  }

  /** The next to send, or null; the caller hands it back with `release`, or ends it with `delete`. */
  take(): QueuedItem | null {
    return this.#waiting.shift() ?? null
  }

  /** As `take`, but null each second time, so that what is on the disk gets its turn. */
  takeInTurn(): QueuedItem | null {
    const item = this.#tookLast ? null : this.take()
    this.#tookLast = item !== null
    return item
  }

  /** The item waits again, in its place. */
  release(item: QueuedItem): void {
    const later = this.#waiting.findIndex(({ atMs }) => atMs > item.atMs)
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, item)
  }

  /** Forgets an item; whether it was held. */
  delete(item: QueuedItem): boolean {
    if (!this.#held.delete(item)) return false
    this.#bytes -= item.bytes
    const place = this.#waiting.indexOf(item)
    if (place >= 0) this.#waiting.splice(place, 1)
    return true
  }

  /** Takes out, bundled, all that waits of each sensor of which something has waited for too long; of `Infinity` all. */
  bundles(nowMs: number): Bundle[] {
    const stale = this.#waiting.filter((item) => (this.#held.get(item)?.sinceMs ?? 0) < nowMs - PASSING_MS)
    const sensors = new Set(stale.map(keyOf))
    return [...sensors].map((sensor) => this.#bundle(this.#waiting.filter((item) => keyOf(item) === sensor)))
  }

  #bundle(items: QueuedItem[]): Bundle {
    const bytes = bundleOf(items.map((item) => ({ atMs: item.atMs, bytes: this.bytesOf(item) as Uint8Array })))
    for (const item of items) this.delete(item)
    return { item: queuedItem(items.at(-1) as QueuedItem, bytes.byteLength), bytes }
  }
}
