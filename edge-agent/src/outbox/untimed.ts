import { reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import { Boots } from './boots.ts'
import type { Filed, ItemFiles } from './files.ts'
import type { Importance, Span } from './importance.ts'
import { type Kind, keyOf, nameOf, nextId, type Untimed, type UntimedItem } from './item.ts'
import type { LastIds } from './last-ids.ts'
import { type QueuedItem, queuedItem } from './queue.ts'
import { Timeline } from './timeline.ts'

const timeOf = ({ monotonicMs }: UntimedItem) => monotonicMs

export interface UntimedParts {
  /** The kernel's id of this boot. */
  boot: string
  files: ItemFiles
  log: Log
  lastIds: LastIds
  importance: Importance
  /** An item has its time, also on disk. */
  onTimed: (item: QueuedItem) => Promise<void>
  drop: (item: UntimedItem) => Promise<void>
}

/**
 * The items of this boot that wait for the clock (guarantee 5), in the order they were taken. Bounded by the outbox that owns them. An
 * item is in exactly one place: waiting here, or on its way out.
 */
export class UntimedItems {
  readonly #parts: UntimedParts
  readonly #boots: Boots
  readonly #ordinary = new Timeline(timeOf)
  readonly #important = new Timeline(timeOf)
  readonly #newest = new Map<string, number>()

  constructor(parts: UntimedParts) {
    this.#parts = parts
    this.#boots = new Boots(parts.files, parts.log)
  }

  /**
   * Takes over what an earlier run left without a time. Of a boot whose beginning is known it gets one, of this boot it waits on; of any
   * other it can never be known, and is dropped: a wrong time is worse than none.
   */
  async start(found: (Filed<Untimed> & { bytes: number })[]): Promise<void> {
    await this.#boots.start()
    const zeroOf = ({ boot }: Untimed) => this.#boots.zeroOf(boot) ?? 0
    found.sort((a, b) => zeroOf(a.item) + a.item.monotonicMs - zeroOf(b.item) - b.item.monotonicMs)
    let lost = 0
    for (const { item, important, bytes } of found) {
      const zeroMs = this.#boots.zeroOf(item.boot)
      const untimed = { ...item, important, marked: important, bytes, earlier: true }
      if (zeroMs !== undefined) await this.#giveTime(untimed, zeroMs)
      else if (item.boot === this.#parts.boot) this.add(untimed)
      else {
        lost++
        await this.#parts.drop(untimed)
      }
    }
    if (lost > 0)
      this.#parts.log.warn(`${lost} items of an earlier boot are dropped: nobody knows when they were taken`)
  }

  /**
   * This boot began at `zeroMs`: what waits gets its time, in order, rising per source and after all that had one before. What
   * comes meanwhile does so too, where it is durable in time. Never rejects.
   */
  async giveTimes(zeroMs: number, signal?: AbortSignal): Promise<void> {
    const { boot, files, log } = this.#parts
    if (this.size === 0) return
    await this.#boots.remember(boot, zeroMs)
    while (!signal?.aborted) {
      const item = this.#takeOldest()
      if (!item) break
      await this.#giveTime(item, zeroMs)
    }
    // Not needed for what is true, since times are given anew as they were; but then nobody has to.
    await files.sync().catch((error) => log.warn(`the outbox's folder cannot be synced: ${reasonOf(error)}`))
  }

  get size(): number {
    return this.#ordinary.length + this.#important.length
  }

  /** Monotonic time of the newest item of a source that ever was here, or -1. */
  lastOf(source: { kind: Kind; source: string }): number {
    return this.#newest.get(keyOf(source)) ?? -1
  }

  add(item: UntimedItem): void {
    this.#newest.set(keyOf(item), Math.max(this.lastOf(item), item.monotonicMs))
    if (item.important) this.#important.add(item)
    else this.#ordinary.add(item)
  }

  /** Takes out the oldest of the important ones, or of the others; or null. */
  dropOldest(important: boolean): UntimedItem | null {
    return (important ? this.#important : this.#ordinary).takeOldest() ?? null
  }

  /** Takes out the oldest where it was taken before `limitMs` (monotonic), or null. */
  dropBefore(limitMs: number): UntimedItem | null {
    const line = [this.#ordinary, this.#important].find(({ oldest }) => oldest && oldest.monotonicMs < limitMs)
    return line?.takeOldest() ?? null
  }

  /** Makes the frames of a span (monotonic) important and returns those that were not before. */
  protect({ fromMs, toMs }: Span, camera?: string): UntimedItem[] {
    const found: UntimedItem[] = []
    for (const item of this.#ordinary.takeBetween(fromMs, toMs)) {
      const concerned = item.kind === 'frame' && (camera === undefined || camera === item.source)
      if (concerned) found.push(item)
      item.important ||= concerned
      this.add(item)
    }
    return found
  }

  #takeOldest(): UntimedItem | undefined {
    const [ordinary, important] = [this.#ordinary.oldest, this.#important.oldest]
    const first = ordinary && (!important || ordinary.monotonicMs <= important.monotonicMs)
    return (first ? this.#ordinary : this.#important).takeOldest()
  }

  async #giveTime(item: UntimedItem, zeroMs: number): Promise<void> {
    const { files, log, lastIds, importance, drop, onTimed } = this.#parts
    await importance.settled(item)
    const { kind, source, bytes, important, marked, earlier } = item
    const atMs = nextId(lastIds.of(item), zeroMs + item.monotonicMs)
    const timed = { ...queuedItem({ kind, source, atMs }, bytes, { important, earlier }), marked }
    try {
      await files.time({ item, important: marked }, timed)
    } catch (error) {
      log.warn(`${kind} ${nameOf(item)} cannot get its time and is dropped: ${reasonOf(error)}`)
      return await drop(item)
    }
    await onTimed(timed)
  }
}
