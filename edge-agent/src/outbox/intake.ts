import { type Clock, type ClockTrust, type Instant, instantOf } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Kind, keyOf, nextId } from './item.ts'
import type { Outbox, Source } from './outbox.ts'

/** Items of one source being written to disk at a time; they share syncs of the outbox's folder. */
const WRITES_AT_ONCE = 8
const CLOCK_CHECK_MS = 1000
/** Of what passes, one in this time waits for the clock. */
const PASSING_EVERY_MS = 1000
/** The server refuses items that lie further ahead of its own clock. */
const FUTURE_MS = 5 * 60_000

/** What a camera or a sensor has taken. */
export interface Taken extends Source {
  takenAt: Instant
  /** A JPEG, or a reading's JSON. */
  bytes: Uint8Array
  /** Goes last when the outbox needs room. */
  important?: boolean
  /** One of many a second: it goes to the disk only with others, where the server does not take it (`Outbox.pass`). */
  passing?: boolean
}

export interface IntakeParts {
  outbox: Outbox
  clock: Clock
  /** Whether items may be named after the clock yet (guarantee 5). */
  clockTrust: () => ClockTrust
  log: Log
}

type Kept = { atMs: number } | 'untimed' | null

interface SourceState extends Source {
  lastId: number
  /** The last id that the server refused because of its time; 0 for none since the ids went back. */
  refusedTimeMs: number
  /** The same for items that wait for the clock, by the monotonic one. */
  lastMonotonicMs: number
  writes: Set<Promise<Kept>>
  /** Ids are given in the order of the calls. */
  turn: Promise<unknown>
}

/**
 * The one door into the outbox: gives what was taken its id, which never changes again, and has it written.
 *
 * Until the clock is trusted, items are written with what the machine knows for sure: its boot and its monotonic clock (guarantee 5).
 * Then all of them get their times, in order, and only when none is left do new ones get theirs at once. A clock that was trusted
 * stays so: if it is set again later, the ids go on rising.
 */
export class Intake {
  readonly #parts: IntakeParts
  readonly #stopping = new AbortController()
  readonly #sources = new Map<string, SourceState>()
  #trusted = false
  /** When the clock came to be trusted; null where it was from the start. */
  #trustedSince: Instant | null = null
  /** While the last ones get their times nobody is let in. */
  #closed: Promise<void> | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** Items that wait for the clock. */
  get untimed(): number {
    return this.#parts.outbox.untimed
  }

  /** Whether what is taken has to wait, since nobody vouches for the clock yet. */
  get waitsForClock(): boolean {
    return !this.#trusted
  }

  /** To be called when the outbox has started. */
  start(): void {
    const { clockTrust, log } = this.#parts
    if (clockTrust() === 'unset') log.warn('frames get no time until the clock is set: does a time service reach us?')
    else this.#trusted = this.untimed === 0
    if (!this.#trusted) this.#running = this.#untilTrusted()
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    for (const { turn, writes } of this.#sources.values()) {
      await turn
      await Promise.all(writes)
    }
  }

  /**
   * Resolves when the item is durable, or passing: to its id's time, or to `untimed` where it waits for the clock to get one. Null where it
   * was dropped, and counted. Never rejects. Of one source some are written at once, in the order of the calls; a caller that does not
   * wait for its last ones is to bound how many it asks for.
   */
  async take(taken: Taken): Promise<Kept> {
    const source = this.#source(taken)
    const admitted = source.turn.then(async () => {
      while (source.writes.size >= WRITES_AT_ONCE) await Promise.race(source.writes)
      while (this.#closed) await this.#closed
      if (this.#trusted) await this.#leaveFuture(source, this.#takenAtMs(taken))
      // Nothing waits between what says that the clock is not trusted and the write: `#untilTrusted` sees them all.
      const write = this.#write(source, taken).then((kept) => {
        source.writes.delete(write)
        return kept
      })
      source.writes.add(write)
      // In an object, so that the next one's turn comes before this one is durable.
      return { write }
    })
    source.turn = admitted
    return await (await admitted).write
  }

  /** The server refused an item because of its time. */
  heedRefusedTime(kind: Kind, source: string, atMs: number): void {
    const state = this.#source({ kind, source })
    // What was still under way as the ids went back says nothing of those since.
    if (atMs <= state.lastId) state.refusedTimeMs = atMs
  }

  async #write(state: SourceState, taken: Taken): Promise<Kept> {
    const { outbox } = this.#parts
    const { kind, source, bytes, important = false, passing = false } = taken
    if (this.#trusted) {
      const atMs = nextId(state.lastId, this.#takenAtMs(taken))
      state.lastId = atMs
      if (passing) {
        await outbox.pass({ kind, source, atMs }, bytes)
        return { atMs }
      }
      return (await outbox.put({ kind, source, atMs }, bytes, { important })) ? { atMs } : null
    }
    const sinceLastMs = taken.takenAt.monotonicMs - state.lastMonotonicMs
    if (passing && state.lastMonotonicMs >= 0 && sinceLastMs < PASSING_EVERY_MS) {
      outbox.refuse({ kind, source, atMs: 0 })
      return null
    }
    // Two of a millisecond must differ, and rise, as ids do.
    state.lastMonotonicMs = nextId(state.lastMonotonicMs, taken.takenAt.monotonicMs)
    const untimed = { kind, source, monotonicMs: state.lastMonotonicMs }
    return (await outbox.putUntimed(untimed, bytes, { important })) ? 'untimed' : null
  }

  /** When it was taken, milliseconds since 1970 UTC: what the clock said before it was trusted does not count. */
  #takenAtMs({ takenAt }: Taken): number {
    const since = this.#trustedSince
    const before = since !== null && takenAt.monotonicMs <= since.monotonicMs
    return Math.floor(before ? zeroOf(since) + takenAt.monotonicMs : takenAt.wallMs)
  }

  async #untilTrusted(): Promise<void> {
    const { outbox, clock, clockTrust, log } = this.#parts
    const { signal } = this.#stopping
    while (clockTrust() === 'unset' && !signal.aborted) await clock.sleep(CLOCK_CHECK_MS, signal)
    if (signal.aborted) return
    const since = instantOf(clock)
    this.#trustedSince = since
    const zeroMs = zeroOf(since)
    log.info(`the clock is set: ${this.untimed} frames and readings get their times`)
    // What comes meanwhile is written without a time too, so that none overtakes those before it; only for the last nobody is let in.
    await outbox.giveTimes(zeroMs, signal)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = promise
    await Promise.all([...this.#sources.values()].flatMap(({ writes }) => [...writes]))
    await outbox.giveTimes(zeroMs, signal)
    for (const state of this.#sources.values()) state.lastId = outbox.lastId(state.kind, state.source)
    this.#trusted = !signal.aborted
    this.#closed = null
    resolve()
  }

  /**
   * The ids lie in the future: either the clock was wrong then, or it is now. Only where a time service or the server says that
   * it was wrong then do the ids go back to now. The server has stored no item of that future, and those that still wait
   * are dropped, since it would refuse them too.
   */
  async #leaveFuture(state: SourceState, takenAtMs: number): Promise<void> {
    const { outbox, clockTrust, log } = this.#parts
    const { kind, source, lastId, refusedTimeMs } = state
    if (lastId <= takenAtMs + FUTURE_MS) return
    if (refusedTimeMs <= takenAtMs + FUTURE_MS && clockTrust() !== 'synchronised') return
    await Promise.all(state.writes)
    const gone = await outbox.dropAfter({ kind, source }, takenAtMs + FUTURE_MS)
    const future = new Date(lastId).toISOString()
    log.warn(`${source}: the clock once stood at ${future}; ${gone.dropped} unsent ${kind}s of that time are dropped`)
    state.lastId = gone.lastId
    state.refusedTimeMs = 0
  }

  #source({ kind, source }: Source): SourceState {
    const key = keyOf({ kind, source })
    let state = this.#sources.get(key)
    if (!state) {
      const { outbox } = this.#parts
      const ids = { lastId: outbox.lastId(kind, source), lastMonotonicMs: outbox.lastUntimed(kind, source) }
      state = { kind, source, ...ids, refusedTimeMs: 0, writes: new Set(), turn: Promise.resolve() }
      this.#sources.set(key, state)
    }
    return state
  }
}

/** Milliseconds since 1970 UTC of the monotonic clock's zero. */
function zeroOf({ wallMs, monotonicMs }: Instant): number {
  return wallMs - monotonicMs
}
