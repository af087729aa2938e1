import type { Clock } from '../clock.ts'
import type { ItemFiles } from './files.ts'
import type { Kind } from './item.ts'

/** How often the disk is asked at most; in between what is written and removed is counted. */
const LOOK_MS = 2000
/** A small disk need not keep more free than this part of it: else nothing could ever wait there. */
const LARGEST_PART = 0.1
/** Of the outbox, bundles of readings take no more than this part. */
const READINGS_PART = 0.25
const MEGABYTE = 1024 * 1024

export interface OutboxLimits {
  /** Bytes of items on disk. */
  maxBytes: number
  /** Frames and readings on disk; also what bounds the memory of the index (about 150 bytes an item). */
  maxFrames: number
  /** Items older than this are dropped, milliseconds; left out, none is too old. */
  maxAgeMs?: number
  /** Bytes of the disk that stay free for everybody else, but at most a tenth of it; left out, none. */
  minFreeBytes?: number
}

/** What the outbox holds, and whether more fits into its bounds and onto its disk. */
export class Room {
  readonly #limits: OutboxLimits
  readonly #files: ItemFiles
  readonly #clock: Clock
  readonly #held = { frame: 0, reading: 0 }
  readonly #bytesOf = { frame: 0, reading: 0 }
  /** Bytes that may be written before too little of the disk is free, as far as is known. */
  #left = Number.POSITIVE_INFINITY
  /** Bytes on their way to the disk. */
  #writing = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #minFreeBytes = 0

  constructor(limits: OutboxLimits, files: ItemFiles, clock: Clock) {
    this.#limits = limits
    this.#files = files
    this.#clock = clock
  }

  get frames(): number {
    return this.#held.frame
  }

  get readings(): number {
    return this.#held.reading
  }

  get items(): number {
    return this.#held.frame + this.#held.reading
  }

  get bytes(): number {
    return this.#bytesOf.frame + this.#bytesOf.reading
  }

  /** Counts an item that is about to be written; `written` or `leave` and `written` come after. */
  enter({ kind, bytes }: { kind: Kind; bytes: number }): void {
    this.hold({ kind, bytes })
    this.#left -= bytes
    this.#writing += bytes
  }

  /** The item has been written, or will not be. */
  written({ bytes }: { bytes: number }): void {
    this.#writing -= bytes
  }

  /** Counts an item that is on the disk already. */
  hold({ kind, bytes }: { kind: Kind; bytes: number }): void {
    this.#held[kind]++
    this.#bytesOf[kind] += bytes
  }

  leave({ kind, bytes }: { kind: Kind; bytes: number }): void {
    this.#held[kind]--
    this.#bytesOf[kind] -= bytes
    this.#left += bytes
  }

  /** Whether an item of so many bytes never fits, whatever is dropped for it. */
  neverFits(bytes: number): boolean {
    return bytes > this.#limits.maxBytes
  }

  /** Whether what is held is too much by the bounds. */
  get overBounds(): boolean {
    return this.items > this.#limits.maxFrames || this.bytes > this.#limits.maxBytes
  }

  /** Whether readings would have more than their part with so many bytes of them: bundles come fast, and shall push no frames out. */
  readingsFill(bytes: number): boolean {
    const { maxBytes, maxFrames } = this.#limits
    const [most, mostBytes] = [maxFrames * READINGS_PART, maxBytes * READINGS_PART]
    return this.#held.reading + 1 > most || this.#bytesOf.reading + bytes > mostBytes
  }

  /** Why what is held leaves too little of the disk free, in words, or null where it does not. */
  async whyShort(): Promise<string | null> {
    const { minFreeBytes = 0 } = this.#limits
    if (minFreeBytes === 0) return null
    const now = this.#clock.monotonic()
    if (now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now
      // A disk that cannot be asked tells what is wrong when it is written to.
      const unknown = { freeBytes: Number.POSITIVE_INFINITY, totalBytes: Number.POSITIVE_INFINITY }
      const { freeBytes, totalBytes } = await this.#files.disk().catch(() => unknown)
      this.#minFreeBytes = Math.min(minFreeBytes, Math.floor(totalBytes * LARGEST_PART))
      this.#left = freeBytes - this.#minFreeBytes - this.#writing
    }
    if (this.#left >= 0) return null
    const [free, wanted] = [this.#minFreeBytes + this.#left, this.#minFreeBytes].map((bytes) =>
      (Math.max(0, bytes) / MEGABYTE).toFixed(1),
    )
    return `less than outbox.minFreeBytes of the disk is free: ${free} MB, not ${wanted} MB`
  }
}
