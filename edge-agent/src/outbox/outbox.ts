import { AgentError, reasonOf, systemCode } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import { Wakeup } from '../wakeup.ts'
import { DroppedCounts } from './counts.ts'
import { type Gone, ItemFiles } from './files.ts'
import { type Item, type Kind, nameOf } from './item.ts'
import { LastIds } from './last-ids.ts'
import { ItemQueue, type QueuedItem, queuedItem } from './queue.ts'
import { type Span, Spans } from './spans.ts'

export interface OutboxLimits {
  /** Bytes of items on disk. */
  maxBytes: number
  /** Frames and readings on disk; also what bounds the memory of the index (about 150 bytes an item). */
  maxFrames: number
}

export interface OutboxParts {
  /** The outbox's own folder; nothing else may live in it. */
  folder: string
  limits: OutboxLimits
  log: Log
  /** The disk; tests hand in one that fails. */
  files?: ItemFiles
}

/** A camera or a sensor. */
export interface Source {
  kind: Kind
  source: string
}

/**
 * Frames and readings that the server has not acknowledged, kept on disk (guarantee 7). Survives SIGKILL and power cuts at any
 * instant. Bounded: where a new item does not fit, or the disk is full, the oldest that nobody is sending are dropped and
 * counted, those that are not important first.
 *
 * The name of each source's newest item stays on disk until a newer one is durable, even when the item is gone. So `lastId`
 * is right after any crash, and no id is ever given to other bytes (guarantee 5). Only `dropAfter` forgets a name.
 */
export class Outbox {
  readonly #folder: string
  readonly #limits: OutboxLimits
  readonly #log: Log
  readonly #files: ItemFiles
  readonly #queue = new ItemQueue()
  readonly #changes = new Wakeup()
  readonly #lastIds = new LastIds()
  readonly #spans = new Spans()
  readonly #counts: DroppedCounts
  /** Files whose names are being changed: whoever needs one waits. */
  readonly #marking = new Map<QueuedItem, Promise<void>>()
  readonly #held = { frame: 0, reading: 0 }
  readonly #delivered = new Map<string, number>()
  #bytes = 0
  /** Items that could not be kept at all. */
  #refused = 0
  #saidDropped = 0
  /** Items become visible in the order they came, whichever file is durable first. */
  #lastPut: Promise<unknown> = Promise.resolve()

  constructor({ folder, limits, log, files = new ItemFiles(folder) }: OutboxParts) {
    this.#folder = folder
    this.#limits = limits
    this.#log = log
    this.#files = files
    this.#counts = new DroppedCounts({ files, log, bury: (gone) => this.#bury(gone) })
  }

  /** Items held, those being written or sent included. */
  get items(): number {
    return this.#held.frame + this.#held.reading
  }

  get frames(): number {
    return this.#held.frame
  }

  get readings(): number {
    return this.#held.reading
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Items lost since the outbox was made: for want of room, too old, or not writable. */
  get dropped(): number {
    return this.#counts.total
  }

  /** Items set aside because the server closes the connection on them. */
  get parked(): number {
    return this.#queue.parked
  }

  /** Time of the oldest item that waits, or null. */
  get oldestMs(): number | null {
    return this.#queue.oldestMs
  }

  /** Frames of a camera, or readings of a sensor, lost since the outbox was made. */
  droppedOf(source: string, kind: Kind = 'frame'): number {
    return this.#counts.of({ kind, source })
  }

  /** Finds what an earlier run left. Rejects with `bad_data_dir` (environment) when the folder cannot be made or read. */
  async start(): Promise<void> {
    const { items, names, gone } = await this.#files.open().catch((error) => {
      const advice = 'check that dataDir exists and that this user may write there'
      throw new AgentError('bad_data_dir', 'environment', `${this.#folder}: ${reasonOf(error)}; ${advice}`, error)
    })
    for (const item of names) await this.#heedName(this.#lastIds.heed(item, 'name'))
    for (const { item } of gone) if (!('boot' in item)) await this.#heedName(this.#lastIds.heed(item, 'gone'))
    for (const { item, important, bytes } of items) {
      this.#hold(item.kind, 1, bytes)
      this.#queue.add(queuedItem(item, bytes, important))
      await this.#heedName(this.#lastIds.heed(item, 'item'))
    }
    await this.#counts.start(gone)
    await this.#makeRoom(0)
  }

  /** Waits until items being written are durable. */
  async close(): Promise<void> {
    await this.#lastPut
    await Promise.all(this.#marking.values())
    await this.#counts.fold()
    await this.#files.close()
  }

  /** Time of the newest item of a source that ever was durable here, or 0. */
  lastId(kind: Kind, source: string): number {
    return this.#lastIds.of({ kind, source })
  }

  /**
   * Drops (and counts) what waits of a source from after `limitMs`, and the memory that there was such a time: the clock was
   * wrong then. Items that are being sent at the moment stay. Resolves to how many were dropped and the `lastId` from now on.
   */
  async dropAfter(source: Source, limitMs: number): Promise<{ dropped: number; lastId: number }> {
    const future = this.#queue.dropAfter(source, limitMs)
    if (this.#lastIds.of(source) > limitMs) {
      await this.#heedName(this.#lastIds.goBack(source, this.#queue.newest(source)))
    }
    for (const item of future) await this.#drop(item)
    await this.#counts.fold()
    return { dropped: future.length, lastId: this.#lastIds.of(source) }
  }

  /** Resolves to true when the item is durable, to false when it had to be dropped (and was counted). Never rejects. */
  put(item: Item, bytes: Uint8Array, { important = false } = {}): Promise<boolean> {
    const previous = this.#lastPut
    const kept = this.#keep(queuedItem(item, bytes.byteLength, important || this.#spans.cover(item)), bytes, previous)
    this.#lastPut = kept
    return kept
  }

  /** Frames of this span, of one camera or of all, are important: those that wait and those that come. */
  protect(span: Span, camera?: string): void {
    this.#spans.add(span, camera)
    for (const item of this.#queue.protect(span, camera)) this.#mark(item)
  }

  /** The next item to send, or null; without `backlogToo` only what tells of now. The caller ends it with `delivered`, `release`, `park` or `lost`. */
  take(backlogToo = true): QueuedItem | null {
    return this.#queue.take(backlogToo)
  }

  /** The bytes of an item taken. Rejects with the operating system's error. */
  async read(item: QueuedItem): Promise<Uint8Array> {
    await this.#marking.get(item)
    return await this.#files.read(filed(item))
  }

  /** The server has the item: it leaves the disk. */
  async delivered(item: QueuedItem): Promise<void> {
    await this.#marking.get(item)
    this.#hold(item.kind, -1, -item.bytes)
    this.#changes.ring()
    const key = `${item.kind} ${item.source}`
    this.#delivered.set(key, (this.#delivered.get(key) ?? 0) + 1)
    if (!this.#lastIds.isNewest(item)) return await this.#tidy(this.#files.remove(filed(item)), item)
    await this.#tidy(this.#files.keepName(filed(item)), item)
    this.#lastIds.nowKeptBy(item, 'name')
    // A newer item may have become durable during the rename; then nobody else removes this name.
    if (!this.#lastIds.isNewest(item)) await this.#heedName(item)
  }

  /** Frames of a camera, or readings of a sensor, that the server has acknowledged since the start. */
  deliveredOf(source: string, kind: Kind = 'frame'): number {
    return this.#delivered.get(`${kind} ${source}`) ?? 0
  }

  /** The item waits again, in its old place. */
  release(item: QueuedItem): void {
    this.#add(item)
    this.#changes.ring()
  }

  /** The item waits apart until `dueAt` (monotonic milliseconds) and blocks nobody. */
  park(item: QueuedItem, dueAt: number): void {
    this.#queue.park(item, dueAt)
    this.#heedSpans(item)
  }

  /** Brings back the items parked until now. */
  unpark(now: number): void {
    this.#queue.unpark(now)
    this.#changes.ring()
  }

  /** The item cannot be read any more. */
  async lost(item: QueuedItem): Promise<void> {
    await this.#drop(item)
  }

  /** Resolves when items came or went, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return this.#changes.wait(signal)
  }

  async #keep(item: QueuedItem, bytes: Uint8Array, previous: Promise<unknown>): Promise<boolean> {
    this.#hold(item.kind, 1, item.bytes)
    const written = (await this.#makeRoom(item.bytes)) && (await this.#write(item, bytes))
    await previous
    if (written) {
      this.#add(item)
      await this.#heedName(this.#lastIds.heed(item, 'item'))
    } else {
      this.#hold(item.kind, -1, -item.bytes)
      this.#counts.refuse(item)
    }
    this.#changes.ring()
    return written
  }

  /** Whether the items held fit the bounds, after dropping old ones where they did not. */
  async #makeRoom(incomingBytes: number): Promise<boolean> {
    const tooMuch = () => this.items > this.#limits.maxFrames || this.#bytes > this.#limits.maxBytes
    while (tooMuch()) {
      if (incomingBytes > this.#limits.maxBytes || !(await this.#dropOldest())) return false
    }
    return true
  }

  async #write(item: QueuedItem, bytes: Uint8Array): Promise<boolean> {
    for (;;) {
      try {
        await this.#files.write(filed(item), bytes)
        return true
      } catch (error) {
        const full = systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT'
        if (full && (await this.#dropOldest(item.bytes))) continue
        const advice = full ? 'free some space or lower outbox.maxBytes' : 'check the disk under dataDir'
        this.#refused++
        if (worthALine(this.#refused)) {
          this.#log.warn(`${this.#refused} items could not be kept so far (${reasonOf(error)}): ${advice}`)
        }
        return false
      }
    }
  }

  /** Drops the items to lose first, of at least `bytes` together; whether it could drop any. */
  async #dropOldest(bytes = 0): Promise<boolean> {
    let freed = 0
    do {
      const oldest = this.#queue.dropOldest()
      if (!oldest) return freed > 0
      freed += oldest.bytes
      this.#saidDropped++
      if (worthALine(this.#saidDropped)) {
        this.#log.warn(`the outbox is full: ${this.#saidDropped} old items dropped since the start`)
      }
      await this.#drop(oldest)
    } while (freed < bytes)
    return true
  }

  async #drop(item: QueuedItem): Promise<void> {
    await this.#marking.get(item)
    this.#hold(item.kind, -1, -item.bytes)
    this.#lastIds.nowKeptBy(item, 'gone')
    await this.#counts.drop(filed(item))
    this.#changes.ring()
  }

  async #bury(gone: Gone): Promise<void> {
    const { item } = gone
    if ('boot' in item || !this.#lastIds.isNewest(item)) return await this.#tidy(this.#files.bury(gone), item)
    await this.#tidy(this.#files.buryButName(gone, item), item)
    this.#lastIds.nowKeptBy(item, 'name')
    if (!this.#lastIds.isNewest(item)) await this.#heedName(item)
  }

  #hold(kind: Kind, items: number, bytes: number): void {
    this.#held[kind] += items
    this.#bytes += bytes
  }

  /** Lets an item wait; it may have become important while it was written or sent. */
  #add(item: QueuedItem): void {
    this.#heedSpans(item)
    this.#queue.add(item)
  }

  #heedSpans(item: QueuedItem): void {
    item.important ||= this.#spans.cover(item)
    if (item.important) this.#mark(item)
  }

  /** Writes into the name of the file that it is important. Where that fails, a restart will not know. */
  #mark(item: QueuedItem): void {
    if (item.marked || this.#marking.has(item)) return
    const marking = this.#files.mark(filed(item)).then(
      () => {
        item.marked = true
      },
      (error) => this.#log.warn(`${nameOf(item)} could not be marked as important: ${reasonOf(error)}`),
    )
    this.#marking.set(
      item,
      marking.finally(() => this.#marking.delete(item)),
    )
  }

  /** Removes a name that is not the newest of its source any more. */
  async #heedName(item: Item | null): Promise<void> {
    if (item) await this.#tidy(this.#files.removeName(item), item)
  }

  /** A file that cannot be removed costs room and one duplicate after the next start; that is no reason to stop. */
  async #tidy(work: Promise<void>, item: Parameters<typeof nameOf>[0]): Promise<void> {
    await work.catch((error) =>
      this.#log.warn(`${nameOf(item)} could not be cleared from the outbox: ${reasonOf(error)}`),
    )
  }
}

function filed(item: QueuedItem): { item: Item; important: boolean } {
  return { item, important: item.marked }
}
