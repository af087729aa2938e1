import type { Log } from '../../logging/levels.ts'
import { failure } from './perform-run.ts'
import type { ProgramRuns } from './program-runs.ts'

/** A client that polls has long seen it; one that lost its connection comes back. */
const KEPT_MS = 3_600_000
/** Of all that ended, so many at most, and so many bytes of what they said. */
const MOST = { runs: 2000, bytes: 100e6 }
const LOOK_MS = 60_000
/** In one transaction: whoever else writes waits as long. */
const SLICE = 20

interface Kept {
  owner: string
  /** Milliseconds UTC. */
  finishedAt: number
  bytes: number
}

export interface KeptRunsPorts {
  runs: ProgramRuns
  /** Milliseconds UTC. */
  now(): number
  log: Pick<Log, 'warn'>
  most?: typeof MOST
}

/**
 * Lets runs go an hour after their end, and earlier where there are more than there is room for: then the oldest of whoever
 * has most of it, so that nobody pushes out what belongs to others.
 */
export class KeptRuns {
  readonly #ports: KeptRunsPorts
  /** Those that have ended, the oldest first. */
  readonly #kept = new Map<string, Kept>()
  /** What those said, all together. */
  #bytes = 0
  /** What those said so far that run. */
  readonly #growing = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #isClosing = false

  constructor(ports: KeptRunsPorts) {
    this.#ports = ports
  }

  async start() {
    for (const { id, owner, finished_at, bytes } of await this.#ports.runs.rows.ended())
      this.#keep(id, { owner, finishedAt: finished_at ?? 0, bytes })
    this.#again()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  /** @param bytes that it has said more */
  async written(id: string, bytes: number, hasEnded: boolean) {
    if (this.#kept.has(id)) return // said after its end, and not written
    const all = (this.#growing.get(id) ?? 0) + bytes
    if (!hasEnded) return void this.#growing.set(id, all)
    this.#growing.delete(id)
    const row = await this.#ports.runs.rows.find(id)
    if (row) this.#keep(id, { owner: row.owner, finishedAt: this.#ports.now(), bytes: all })
    if (this.#isOver()) this.#again()
  }

  /** Looks now, and in a minute again. */
  #again() {
    clearTimeout(this.#timer)
    this.#sweeping = this.#sweeping
      .then(() => this.sweep())
      .catch((err) => {
        if (!this.#isClosing) this.#ports.log.warn({ err }, 'old runs of programs cannot go; trying again')
      })
      .then(() => {
        clearTimeout(this.#timer)
        if (!this.#isClosing) this.#timer = setTimeout(() => this.#again(), LOOK_MS).unref()
      })
  }

  async sweep(): Promise<void> {
    const { runs, now } = this.#ports
    const oldest = now() - KEPT_MS
    // A clock that was set back leaves some in the future: they are counted all the same.
    const old = [...this.#kept].filter(([, { finishedAt }]) => finishedAt < oldest).map(([id]) => id)
    for (let at = 0; at < old.length && !this.#isClosing; at += SLICE) await this.#remove(old.slice(at, at + SLICE))
    while (this.#isOver() && !this.#isClosing) await this.#remove(this.#tooMuch())
    for (const { id, isTakenOff, hasBegun } of await runs.rows.orphans())
      await runs.end(id, failure(isTakenOff ? TAKEN_OFF : hasBegun ? LOST_END : NOT_BEGUN, isTakenOff ? 130 : 1))
  }

  async #remove(ids: string[]) {
    await this.#ports.runs.remove(ids)
    for (const id of ids) {
      this.#bytes -= this.#kept.get(id)?.bytes ?? 0
      this.#kept.delete(id)
    }
  }

  #keep(id: string, kept: Kept) {
    this.#bytes += kept.bytes - (this.#kept.get(id)?.bytes ?? 0)
    this.#kept.set(id, kept)
  }

  #isOver(): boolean {
    const { runs, bytes } = this.#ports.most ?? MOST
    return this.#kept.size > runs || this.#bytes > bytes
  }

  /** The oldest of whoever has most: a run counts as what it said, and for being there. */
  #tooMuch(): string[] {
    const { runs, bytes: mostBytes } = this.#ports.most ?? MOST
    const shares = new Map<string, number>()
    for (const { owner, bytes } of this.#kept.values())
      shares.set(owner, (shares.get(owner) ?? 0) + bytes / mostBytes + 1 / runs)
    const [greediest] = [...shares].sort(([, a], [, b]) => b - a)[0] ?? []
    return [...this.#kept]
      .filter(([, { owner }]) => owner === greediest)
      .slice(0, SLICE / 10)
      .map(([id]) => id)
  }
}

const TAKEN_OFF = 'it was taken off the queue by whoever runs this server: run it again'
const NOT_BEGUN = 'it was not begun: run it again'
const LOST_END = 'how it ended could not be written down: run it again'
