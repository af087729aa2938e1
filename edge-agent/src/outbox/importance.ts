import type { Clock } from '../clock.ts'
import { reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import type { ItemFiles } from './files.ts'
import { nameOf, type UntimedItem } from './item.ts'
import type { QueuedItem } from './queue.ts'

/** Milliseconds of one clock, both ends included. */
export interface Span {
  fromMs: number
  toMs: number
}

/** Two spans of a camera that overlap become one, so that many are needed only where many cameras have much to tell. */
const KEPT = 256

/**
 * Which frames are important: those around changes and edges. Spans are kept by the monotonic clock, so that none moves when the other
 * is set. The name of an important item's file says so; a start learns it from there.
 */
export class Importance {
  readonly #files: ItemFiles
  readonly #clock: Clock
  readonly #log: Log
  /** The last ones, for items that come. */
  readonly #spans: (Span & { camera: string | undefined })[] = []
  /** Files that are being renamed: whoever needs one waits. */
  readonly #marking = new Map<QueuedItem | UntimedItem, Promise<void>>()

  constructor(files: ItemFiles, clock: Clock, log: Log) {
    this.#files = files
    this.#clock = clock
    this.#log = log
  }

  /** Frames of this span (monotonic) that come are important, of one camera or of all. */
  add({ fromMs, toMs }: Span, camera?: string): void {
    const touched = this.#spans.find((span) => span.camera === camera && span.fromMs <= toMs && span.toMs >= fromMs)
    if (touched) {
      touched.fromMs = Math.min(touched.fromMs, fromMs)
      touched.toMs = Math.max(touched.toMs, toMs)
      return
    }
    this.#spans.push({ fromMs, toMs, camera })
    if (this.#spans.length > KEPT) this.#spans.shift()
  }

  /** Whether an item lies in a span. */
  covers(
    item: Pick<QueuedItem, 'kind' | 'source' | 'atMs'> | Pick<UntimedItem, 'kind' | 'source' | 'monotonicMs'>,
  ): boolean {
    const { kind, source } = item
    if (kind !== 'frame') return false
    const at = 'monotonicMs' in item ? item.monotonicMs : this.monotonic(item.atMs)
    return this.#spans.some(
      ({ fromMs, toMs, camera }) => at >= fromMs && at <= toMs && (camera === undefined || camera === source),
    )
  }

  /** Makes an item important where it lies in a span: it may have become so while it was written or sent. */
  heed(item: QueuedItem | UntimedItem): void {
    item.important ||= this.covers(item)
    if (item.important) this.mark(item)
  }

  /** Writes into the name of its file that an item is important. Where that fails, a restart will not know. */
  mark(item: QueuedItem | UntimedItem): void {
    if (item.marked || this.#marking.has(item)) return
    const marking = this.#files
      .mark({ item, important: false })
      .then(
        () => {
          item.marked = true
        },
        (error) => this.#log.warn(`${nameOf(item)} could not be marked as important: ${reasonOf(error)}`),
      )
      .finally(() => this.#marking.delete(item))
    this.#marking.set(item, marking)
  }

  /** Resolves when the name of an item's file is not being changed. */
  async settled(item: QueuedItem | UntimedItem): Promise<void> {
    await this.#marking.get(item)
  }

  async close(): Promise<void> {
    await Promise.all(this.#marking.values())
  }

  /** When this time (milliseconds since 1970 UTC) was or will be by the monotonic clock, as the other one stands now. */
  monotonic(atMs: number): number {
    return atMs - this.#clock.now() + this.#clock.monotonic()
  }
}
