import { type Item, type Kind, keyOf } from './item.ts'
import { Timeline } from './timeline.ts'

/** One item on its way out: how sending it has gone so far. */
export interface QueuedItem extends Item {
  readonly kind: Kind
  readonly source: string
  readonly atMs: number
  readonly bytes: number
  /** Goes last when room is needed. */
  important: boolean
  /** Whether the name of its file says so yet. */
  marked: boolean
  /** Whether it was taken before the agent's start. */
  readonly earlier: boolean
  /** Whether it was taken from a backlog, and not because it tells of now. */
  backlog: boolean
  /** How often it was sent since the agent's start. */
  sends: number
  /** How often the server closed the connection while this item awaited its PUBACK. */
  closes: number
  /** How often it was set aside because of that. */
  parkings: number
}

/** An item that was never sent. */
export function queuedItem(
  { kind, source, atMs }: Item,
  bytes: number,
  { important = false, earlier = false } = {},
): QueuedItem {
  const sending = { backlog: false, sends: 0, closes: 0, parkings: 0 }
  return { kind, source, atMs, bytes, important, marked: important, earlier, ...sending }
}

interface SourceQueue {
  kind: Kind
  source: string
  /** Items nobody is sending. */
  ordinary: Timeline<QueuedItem>
  important: Timeline<QueuedItem>
  /** The newest item sent as live, so that only items newer than it are live too. */
  newestTakenMs: number
  /** Whether the last item taken was a live one; the next is then from the backlog. */
  tookLive: boolean
}

const timeOf = ({ atMs }: QueuedItem) => atMs

/**
 * Which item goes next. Sources take turns. Within a source items go oldest first; where that would keep new items behind a
 * backlog of more than `liveAfterMs`, every second item is the newest one instead. So after an outage the picture of now and
 * the history arrive together, and a short queue (a replay, a hiccup) keeps its order.
 *
 * Bounded by the outbox that owns it. An item is in exactly one place: waiting, parked, or taken by the publisher.
 */
export class ItemQueue {
  readonly #liveAfterMs: number
  readonly #sources = new Map<string, SourceQueue>()
  readonly #parked = new Map<QueuedItem, number>()

  constructor(liveAfterMs = 10_000) {
    this.#liveAfterMs = liveAfterMs
  }

  get parked(): number {
    return this.#parked.size
  }

  /** Time of the oldest item that nobody is sending, or null. */
  get oldestMs(): number | null {
    return this.#oldest(() => true)?.atMs ?? null
  }

  /** Puts an item in its place by time; it is the newest of its source nearly always. */
  add(item: QueuedItem): void {
    const { important, ordinary } = this.#source(item)
    if (item.important) important.add(item)
    else ordinary.add(item)
  }

  /**
   * The next item to send, or null where none waits; with `backlogToo` false, only one that is not from a backlog. The
   * caller hands it back with `add` or `park`, or forgets it.
   */
  take(backlogToo = true): QueuedItem | null {
    for (const [key, source] of this.#sources) {
      const item = this.#takeFrom(source, backlogToo)
      if (!item) continue
      // Behind the others: the next source's turn.
      this.#sources.delete(key)
      this.#sources.set(key, source)
      return item
    }
    return null
  }

  /** Sets an item aside until `dueAt` (monotonic milliseconds), so that it blocks nobody. */
  park(item: QueuedItem, dueAt: number): void {
    this.#parked.set(item, dueAt)
  }

  /** Lets items wait again that were set aside until now. */
  unpark(now: number): void {
    for (const [item, dueAt] of this.#parked) {
      if (dueAt > now) continue
      this.#parked.delete(item)
      this.add(item)
    }
  }

  /** Takes out the oldest item that nobody is sending, of the important ones or of the others, of any kind or one; or null. */
  dropOldest(important: boolean, kind?: Kind): QueuedItem | null {
    const oldest = this.#oldest((item) => item.important === important && (kind ?? item.kind) === item.kind)
    if (oldest) this.#remove(oldest)
    return oldest
  }

  /** Takes out the oldest item that nobody is sending where it is from before `limitMs`, important or not; or null. */
  dropBefore(limitMs: number): QueuedItem | null {
    const oldest = this.#oldest(() => true)
    if (!oldest || oldest.atMs >= limitMs) return null
    this.#remove(oldest)
    return oldest
  }

  /** Takes out every item of a source from after `limitMs` that nobody is sending. */
  dropAfter(of: { kind: Kind; source: string }, limitMs: number): QueuedItem[] {
    const source = this.#source(of)
    const parked = this.#parkedOf(of).filter(({ atMs }) => atMs > limitMs)
    for (const item of parked) this.#parked.delete(item)
    source.newestTakenMs = Math.min(source.newestTakenMs, limitMs)
    const waiting = [source.ordinary, source.important].flatMap((line) => line.takeBetween(limitMs + 1, Infinity))
    return [...waiting, ...parked]
  }

  /** Makes the frames of a span important, of one camera or of all, and returns those that were not before. */
  protect({ fromMs, toMs }: { fromMs: number; toMs: number }, camera?: string): QueuedItem[] {
    const concerned = ({ kind, source }: { kind: Kind; source: string }) =>
      kind === 'frame' && (camera === undefined || camera === source)
    const found: QueuedItem[] = []
    for (const source of [...this.#sources.values()].filter(concerned)) {
      for (const item of source.ordinary.takeBetween(fromMs, toMs)) {
        source.important.add(item)
        found.push(item)
      }
    }
    for (const item of this.#parked.keys()) {
      if (concerned(item) && !item.important && item.atMs >= fromMs && item.atMs <= toMs) found.push(item)
    }
    for (const item of found) item.important = true
    return found
  }

  /** The newest item of a source that nobody is sending, or undefined. */
  newest(of: { kind: Kind; source: string }): QueuedItem | undefined {
    const { ordinary, important } = this.#source(of)
    return [ordinary.newest, important.newest, ...this.#parkedOf(of)]
      .filter((item) => item !== undefined)
      .sort((a, b) => b.atMs - a.atMs)[0]
  }

  #takeFrom(source: SourceQueue, backlogToo: boolean): QueuedItem | undefined {
    const { ordinary, important } = source
    const oldest = earlier(ordinary.oldest, important.oldest)
    const newest = later(ordinary.newest, important.newest)
    if (!oldest || !newest) return undefined
    const backlog = newest.atMs - oldest.atMs > this.#liveAfterMs
    // Where the backlog may not be sent now, it is not the backlog's turn either.
    const live = backlog && newest.atMs > source.newestTakenMs && !(source.tookLive && backlogToo)
    if (backlog && !live && !backlogToo) return undefined
    const item = live ? newest : oldest
    const line = item.important ? important : ordinary
    if (live) line.takeNewest()
    else line.takeOldest()
    source.tookLive = live
    source.newestTakenMs = Math.max(source.newestTakenMs, item.atMs)
    item.backlog = backlog && !live
    return item
  }

  /** There are some dozen sources at most, and parked items are rare. */
  #oldest(which: (item: QueuedItem) => boolean): QueuedItem | null {
    let oldest: QueuedItem | undefined
    for (const { ordinary, important } of this.#sources.values()) {
      for (const head of [ordinary.oldest, important.oldest]) if (head && which(head)) oldest = earlier(oldest, head)
    }
    for (const item of this.#parked.keys()) if (which(item)) oldest = earlier(oldest, item)
    return oldest ?? null
  }

  /** Takes out an item that is the oldest of its line, or parked. */
  #remove(item: QueuedItem): void {
    if (this.#parked.delete(item)) return
    const { ordinary, important } = this.#source(item)
    if (item.important) important.takeOldest()
    else ordinary.takeOldest()
  }

  #parkedOf({ kind, source }: { kind: Kind; source: string }): QueuedItem[] {
    return [...this.#parked.keys()].filter((item) => item.kind === kind && item.source === source)
  }

  #source(of: { kind: Kind; source: string }): SourceQueue {
    const key = keyOf(of)
    let found = this.#sources.get(key)
    if (!found) {
      const { kind, source } = of
      const lines = { ordinary: new Timeline(timeOf), important: new Timeline(timeOf) }
      found = { kind, source, ...lines, newestTakenMs: 0, tookLive: false }
      this.#sources.set(key, found)
    }
    return found
  }
}

function earlier(a: QueuedItem | undefined, b: QueuedItem | undefined): QueuedItem | undefined {
  if (!a || !b) return a ?? b
  return b.atMs < a.atMs ? b : a
}

function later(a: QueuedItem | undefined, b: QueuedItem | undefined): QueuedItem | undefined {
  if (!a || !b) return a ?? b
  return b.atMs > a.atMs ? b : a
}
