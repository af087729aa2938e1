import type { Clock, ClockTrust, Instant } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Kind, keyOf } from './item.ts'
import type { Outbox, Source } from './outbox.ts'

/** Items of one source being written to disk at a time; they share syncs of the outbox's folder. */
const WRITES_AT_ONCE = 8
const CLOCK_CHECK_MS = 1000
/** The server refuses items that lie further ahead of its own clock. */
const FUTURE_MS = 5 * 60_000

/** What a camera or a sensor has taken. */
export interface Taken extends Source {
  takenAt: Instant
  /** A JPEG, or a reading's JSON. */
  bytes: Uint8Array
  /** Goes last when the outbox needs room. */
  important?: boolean
}

export interface IntakeParts {
  outbox: Outbox
  clock: Clock
  /** Whether items may be named after the clock yet (guarantee 5). */
  clockTrust: () => ClockTrust
  log: Log
}

interface SourceState {
  lastId: number
  /** The last id that the server refused because of its time; 0 for none since the ids went back. */
  refusedTimeMs: number
  writes: Set<Promise<{ atMs: number } | null>>
  /** Ids are given in the order of the calls. */
  turn: Promise<unknown>
}

/** The one door into the outbox: gives what was taken its id, which never changes again, and has it written. */
export class Intake {
  readonly #parts: IntakeParts
  readonly #stopping = new AbortController()
  readonly #sources = new Map<string, SourceState>()
  #trusted: Promise<void> | null = null
  #waitsForClock = false

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** Items that wait for the clock. */
  get untimed(): number {
    return 0
  }

  /** Whether nobody vouches for the clock yet. */
  get waitsForClock(): boolean {
    return this.#waitsForClock
  }

  start(): void {
    this.#trusted = this.#clockTrusted()
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#trusted
  }

  /**
   * Resolves when the item is durable: to its id's time, or to `untimed` where it waits for the clock to get one. Null where it
   * was dropped, and counted. Never rejects. Of one source some are written at once, in the order of the calls; a caller that does not
   * wait for its last ones is to bound how many it asks for.
   */
  async take(taken: Taken): Promise<{ atMs: number } | 'untimed' | null> {
    const { outbox } = this.#parts
    const { kind, source: name, bytes, important = false } = taken
    const source = this.#source(taken)
    const admitted = source.turn.then(async () => {
      while (source.writes.size >= WRITES_AT_ONCE) await Promise.race(source.writes)
      await this.#trusted
      const atMs = await this.#mint(source, taken)
      const write = outbox.put({ kind, source: name, atMs }, bytes, { important }).then((kept) => {
        source.writes.delete(write)
        return kept ? { atMs } : null
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

  async #mint(source: SourceState, taken: Taken): Promise<number> {
    const takenAtMs = Math.floor(taken.takenAt.wallMs)
    if (source.lastId > takenAtMs + FUTURE_MS) await this.#leaveFuture(source, taken, takenAtMs)
    // Guarantee 5: also when somebody sets the clock back, an id is never used twice.
    source.lastId = Math.max(takenAtMs, source.lastId + 1)
    return source.lastId
  }

  /**
   * The ids lie in the future: either the clock was wrong then, or it is now. Only where a time service or the server says that
   * it was wrong then do the ids go back to now. The server has stored no item of that future, and those that still wait
   * are dropped, since it would refuse them too.
   */
  async #leaveFuture(source: SourceState, { kind, source: name }: Taken, takenAtMs: number): Promise<void> {
    const { outbox, clockTrust, log } = this.#parts
    if (source.refusedTimeMs <= takenAtMs + FUTURE_MS && clockTrust() !== 'synchronised') return
    await Promise.all(source.writes)
    const { dropped, lastId } = await outbox.dropAfter({ kind, source: name }, takenAtMs + FUTURE_MS)
    const future = new Date(source.lastId).toISOString()
    log.warn(`${name}: the clock once stood at ${future}; ${dropped} unsent ${kind}s of that time are dropped`)
    source.lastId = lastId
    source.refusedTimeMs = 0
  }

  #source({ kind, source: name }: Source): SourceState {
    const key = keyOf({ kind, source: name })
    let state = this.#sources.get(key)
    if (!state) {
      const lastId = this.#parts.outbox.lastId(kind, name)
      state = { lastId, refusedTimeMs: 0, writes: new Set(), turn: Promise.resolve() }
      this.#sources.set(key, state)
    }
    return state
  }

  async #clockTrusted(): Promise<void> {
    const { clock, clockTrust, log } = this.#parts
    const { signal } = this.#stopping
    this.#waitsForClock = clockTrust() === 'unset'
    if (this.#waitsForClock) log.warn('frames wait until the clock is set: does a time service reach us?')
    while (clockTrust() === 'unset' && !signal.aborted) await clock.sleep(CLOCK_CHECK_MS, signal)
    this.#waitsForClock = false
  }
}
