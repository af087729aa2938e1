import { type Clock, systemClock } from '../clock.ts'
import { AgentError, reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import { Wakeup } from '../wakeup.ts'
import { bootId } from './boots.ts'
import { DroppedCounts } from './counts.ts'
import { filed, ItemFiles } from './files.ts'
import { Importance, type Span } from './importance.ts'
import { InMemory } from './in-memory.ts'
import { type Item, type Kind, keyOf, type Source, type Untimed, type UntimedItem } from './item.ts'
import { Keeping } from './keeping.ts'
import { LastIds } from './last-ids.ts'
import type { OutboxParts } from './outbox-parts.ts'
import { ItemQueue, type QueuedItem, queuedItem } from './queue.ts'
import { type OutboxLimits, Room } from './room.ts'
import { SteadyClock } from './steady-clock.ts'
import { Trouble } from './trouble.ts'
import { UntimedItems } from './untimed.ts'

/** How often it is looked after what is too old. */
const TEND_MS = 30_000

export type { OutboxLimits, OutboxParts, Source }

type Kept = QueuedItem | UntimedItem

/**
 * Frames and readings that the server has not acknowledged, kept on disk (guarantee 7). Survives SIGKILL and power cuts at any
 * instant. Bounded: where a new item does not fit, or the disk is full, the oldest that nobody is sending are dropped and
 * counted, those that are not important first. What the disk does not take at all is sent from memory, as far as the server answers.
 *
 * The name of each source's newest item stays on disk until a newer one is durable, even when the item is gone. So `lastId`
 * is right after any crash, and no id is ever given to other bytes (guarantee 5). Only `dropAfter` forgets a name.
 */
export class Outbox {
  readonly #folder: string
  readonly #maxAgeMs: number
  readonly #log: Log
  readonly #clock: Clock
  readonly #steadyClock: SteadyClock
  readonly #clockIsRight: () => boolean
  readonly #boot: string
  readonly #files: ItemFiles
  readonly #room: Room
  readonly #queue = new ItemQueue()
  readonly #untimed: UntimedItems
  readonly #changes = new Wakeup()
  readonly #lastIds: LastIds
  readonly #importance: Importance
  readonly #counts: DroppedCounts
  readonly #memory = new InMemory()
  readonly #trouble: Trouble
  readonly #keeping: Keeping
  readonly #delivered = new Map<string, number>()
  #tendedAt = Number.NEGATIVE_INFINITY
  /** Items become visible in the order they came, whichever file is durable first. */
  #lastPut: Promise<unknown> = Promise.resolve()

  constructor({ folder, limits, log, ...parts }: OutboxParts) {
    const { clock = systemClock, clockIsRight = () => true, boot = bootId(), files = new ItemFiles(folder) } = parts
    this.#folder = folder
    this.#trouble = new Trouble(log, parts.onFault ?? (() => {}))
    this.#maxAgeMs = limits.maxAgeMs ?? Number.POSITIVE_INFINITY
    this.#log = log
    this.#clock = clock
    this.#steadyClock = new SteadyClock(clock)
    this.#clockIsRight = clockIsRight
    this.#boot = boot
    this.#files = files
    this.#room = new Room(limits, files, clock)
    this.#lastIds = new LastIds(files, log)
    this.#importance = new Importance(files, clock, log)
    this.#untimed = new UntimedItems({
      boot,
      files,
      log,
      lastIds: this.#lastIds,
      importance: this.#importance,
      onTimed: (item) => this.#show(item),
      drop: (item) => this.#drop(item),
    })
    this.#keeping = new Keeping({
      room: this.#room,
      files,
      trouble: this.#trouble,
      log,
      dropOldest: () => this.#dropOldest(),
    })
    this.#counts = new DroppedCounts({ files, log, bury: (gone) => this.#lastIds.bury(gone) })
  }

  /** Items held, those being written or sent included. */
  get items(): number {
    return this.#room.items + this.#memory.size
  }

  get frames(): number {
    return this.#room.frames
  }

  get readings(): number {
    return this.#room.readings
  }

  get bytes(): number {
    return this.#room.bytes
  }

  /** Items that wait for the clock. */
  get untimed(): number {
    return this.#untimed.size
  }

  /** What is wrong with the disk, in words, or null. */
  get fault(): string | null {
    return this.#trouble.fault
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
    const { items, untimed, names, gone } = await this.#files.open().catch((error) => {
      const advice = 'check that dataDir exists and that this user may write there'
      throw new AgentError('bad_data_dir', 'environment', `${this.#folder}: ${reasonOf(error)}; ${advice}`, error)
    })
    for (const item of names) await this.#lastIds.heed(item, 'name')
    for (const { item } of gone) if (!('boot' in item)) await this.#lastIds.heed(item, 'gone')
    for (const { item, important, bytes } of items) {
      const queued = queuedItem(item, bytes, { important, earlier: true })
      this.#room.hold(queued)
      this.#queue.add(queued)
      await this.#lastIds.heed(item, 'item')
    }
    await this.#counts.start(gone)
    for (const { item, bytes } of untimed) this.#room.hold({ kind: item.kind, bytes })
    await this.#untimed.start(untimed)
    await this.#keeping.makeRoom(0)
    await this.#keeping.leaveFree()
  }

  /** Waits until items being written are durable. */
  async close(): Promise<void> {
    await this.#bundle(Number.POSITIVE_INFINITY)
    await this.#lastPut
    for (let item = this.#memory.take(); item; item = this.#memory.take()) this.#forget(item)
    await this.#importance.close()
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
      await this.#lastIds.goBack(source, this.#queue.newest(source))
    }
    for (const item of future) await this.#drop(item)
    await this.#counts.fold()
    return { dropped: future.length, lastId: this.#lastIds.of(source) }
  }

  /**
   * Resolves to true when the item is durable. To false when it is not: it was dropped and counted, or waits in memory, where the
   * disk did not take it, until it is delivered or dropped for a newer one. Never rejects.
   */
  put(item: Item, bytes: Uint8Array, { important = false } = {}): Promise<boolean> {
    const queued = queuedItem(item, bytes.byteLength, { important: important || this.#importance.covers(item) })
    return this.#inOrder(queued, bytes, () => this.#show(queued))
  }

  /**
   * A reading of a sensor that tells many a second goes out from memory, and to the disk only where it has waited for seconds, in a
   * bundle (`passing.ts`). A power cut takes what is younger than that. Never rejects.
   */
  async pass(item: Item, bytes: Uint8Array): Promise<void> {
    const gone = this.#memory.passing.add(queuedItem(item, bytes.byteLength), bytes, this.#clock.monotonic())
    for (const one of gone) this.refuse(one)
    this.#changes.ring()
    await this.#bundle(this.#clock.monotonic())
  }

  /** Counts a reading that was not kept. */
  refuse(item: Item): void {
    this.#counts.refuse(item)
  }

  /** As `put`, of what shall wait until `giveTimes`. Of one source `monotonicMs` rises. */
  putUntimed(item: Omit<Untimed, 'boot'>, bytes: Uint8Array, { important = false } = {}): Promise<boolean> {
    const marked = important || this.#importance.covers(item)
    const untimed = { ...item, boot: this.#boot, bytes: bytes.byteLength, important: marked, marked, earlier: false }
    return this.#inOrder(untimed, bytes, async () => {
      this.#importance.heed(untimed)
      this.#untimed.add(untimed)
    })
  }

  /** Monotonic time of the newest item of a source that waits, or waited, for the clock; or -1. */
  lastUntimed(kind: Kind, source: string): number {
    return this.#untimed.lastOf({ kind, source })
  }

  /**
   * This boot began at `zeroMs` (milliseconds since 1970 UTC): what waits for the clock gets its time, in order, rising per source and
   * after all that had one before. Resolves when none waits any more, or `signal` aborts.
   */
  async giveTimes(zeroMs: number, signal?: AbortSignal): Promise<void> {
    await this.#untimed.giveTimes(zeroMs, signal)
  }

  /** Frames of this span (milliseconds since 1970 UTC), of one camera or of all, are important: those that wait and those that come. */
  protect({ fromMs, toMs }: Span, camera?: string): void {
    const monotonic = { fromMs: this.#importance.monotonic(fromMs), toMs: this.#importance.monotonic(toMs) }
    this.#importance.add(monotonic, camera)
    for (const item of this.#queue.protect({ fromMs, toMs }, camera)) this.#importance.mark(item)
    for (const item of this.#untimed.protect(monotonic, camera)) this.#importance.mark(item)
  }

  /** Drops what is too old, and writes down how much was dropped. To be called now and then. Never rejects. */
  async tend(): Promise<void> {
    this.#tendedAt = this.#clock.monotonic()
    const limitMs = this.#clockIsRight() ? this.#steadyClock.now() - this.#maxAgeMs : Number.NEGATIVE_INFINITY
    const oldest = () =>
      this.#queue.dropBefore(limitMs) ?? this.#untimed.dropBefore(this.#clock.monotonic() - this.#maxAgeMs)
    let dropped = 0
    for (let item = oldest(); item; item = oldest()) {
      dropped++
      await this.#drop(item)
    }
    if (dropped > 0) this.#log.warn(`${dropped} items waited longer than outbox.maxAgeMs and are dropped`)
    this.#trouble.short(await this.#room.whyShort())
    await this.#counts.fold()
  }

  /** The next item to send, or null; without `backlogToo` only what tells of now. The caller ends it with `delivered`, `release`, `park` or `lost`. */
  take(backlogToo = true): QueuedItem | null {
    return this.#memory.passing.takeInTurn() ?? this.#queue.take(backlogToo) ?? this.#memory.take()
  }

  /** The bytes of an item taken. Rejects with the operating system's error. */
  async read(item: QueuedItem): Promise<Uint8Array> {
    await this.#importance.settled(item)
    return this.#memory.bytesOf(item) ?? (await this.#files.read(filed(item)))
  }

  /** The server has the item: it leaves the disk. */
  async delivered(item: QueuedItem): Promise<void> {
    await this.#importance.settled(item)
    const inMemory = this.#memory.delete(item)
    if (!inMemory) this.#room.leave(item)
    this.#changes.ring()
    const key = keyOf(item)
    if (!item.earlier) this.#delivered.set(key, (this.#delivered.get(key) ?? 0) + 1)
    if (!inMemory) await this.#lastIds.remove(filed(item))
  }

  /** Frames of a camera, or readings of a sensor, put since the start that the server has acknowledged. */
  deliveredOf(source: string, kind: Kind = 'frame'): number {
    return this.#delivered.get(keyOf({ kind, source })) ?? 0
  }

  /** The item waits again, in its old place. */
  release(item: QueuedItem): void {
    if (this.#memory.bytesOf(item)) this.#hold(item)
    else this.#add(item)
    this.#changes.ring()
  }

  /** The item waits apart until `dueAt` (monotonic milliseconds) and blocks nobody. */
  park(item: QueuedItem, dueAt: number): void {
    if (this.#memory.bytesOf(item)) this.#forget(item)
    else {
      this.#queue.park(item, dueAt)
      this.#importance.heed(item)
    }
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

  /** Bundles make room among readings, so that they push no frames out. */
  async #bundle(nowMs: number): Promise<void> {
    for (const { item, bytes } of this.#memory.passing.bundles(nowMs)) {
      for (let old: QueuedItem | null = item; old && this.#room.readingsFill(item.bytes); ) {
        old = this.#queue.dropOldest(false, 'reading')
        if (old) await this.#drop(old)
      }
      await this.put(item, bytes)
    }
  }

  /** Writes an item, and shows it when all that came before it are shown. */
  #inOrder(item: Kept, bytes: Uint8Array, show: () => Promise<void>): Promise<boolean> {
    const previous = this.#lastPut
    const kept = this.#keep(item, bytes, previous, show)
    this.#lastPut = kept
    return kept
  }

  async #keep(item: Kept, bytes: Uint8Array, previous: Promise<unknown>, show: () => Promise<void>): Promise<boolean> {
    this.#room.enter(item)
    if (this.#clock.monotonic() - this.#tendedAt >= TEND_MS) await this.tend()
    const keeping = this.#keeping
    const fits = await keeping.makeRoom(item.bytes)
    const written = fits && (await keeping.leaveFree()) && (await keeping.write(filed(item), bytes))
    this.#room.written(item)
    await previous
    if (written) await show()
    else {
      this.#room.leave(item)
      if (!fits || 'boot' in item) this.#counts.refuse(item)
      else this.#hold(item, bytes)
    }
    this.#changes.ring()
    return written
  }

  /** What the disk did not take waits in memory; what has to go for it is dropped. */
  #hold(item: QueuedItem, bytes?: Uint8Array): void {
    const gone = this.#memory.add(item, bytes)
    if (gone) this.#counts.refuse(gone)
  }

  #forget(item: QueuedItem): void {
    this.#memory.delete(item)
    this.#counts.refuse(item)
  }

  /** Drops what is to be lost first and that nobody is sending. */
  async #dropOldest(): Promise<number | null> {
    const oldest = this.#dropOf(false) ?? this.#dropOf(true)
    if (oldest) await this.#drop(oldest)
    return oldest?.bytes ?? null
  }

  /** What waits for the clock was taken after all that has a time. */
  #dropOf(important: boolean): Kept | null {
    return this.#queue.dropOldest(important) ?? this.#untimed.dropOldest(important)
  }

  async #drop(item: Kept): Promise<void> {
    await this.#importance.settled(item)
    this.#room.leave(item)
    if (!('boot' in item)) this.#lastIds.dropping(item)
    await this.#counts.drop(filed(item))
    this.#changes.ring()
  }

  /** A durable item waits for the first time. */
  async #show(item: QueuedItem): Promise<void> {
    this.#add(item)
    await this.#lastIds.heed(item, 'item')
    this.#changes.ring()
  }

  /** Lets an item wait; it may have become important while it was written or sent. */
  #add(item: QueuedItem): void {
    this.#importance.heed(item)
    this.#queue.add(item)
  }
}
