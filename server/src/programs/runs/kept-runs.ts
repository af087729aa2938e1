import type { Log } from '../../logging/levels.ts'
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
      this.#kept.set(id, { owner, finishedAt: finished_at ?? 0, bytes })
    this.#again()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  /** @param bytes that it has said more */
  async written(id: string, bytes: number, hasEnded: boolean) {
    const all = (this.#growing.get(id) ?? 0) + bytes
    if (!hasEnded) return void this.#growing.set(id, all)
    this.#growing.delete(id)
    const row = await this.#ports.runs.rows.find(id)
    if (row) this.#kept.set(id, { owner: row.owner, finishedAt: this.#ports.now(), bytes: all })
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
    for (const { id } of await runs.rows.orphans())
      await runs.end(id, { isSuccess: false, status: 130, messages: [CANCELLED] })
  }

  async #remove(ids: string[]) {
    await this.#ports.runs.rows.remove(ids)
    for (const id of ids) this.#kept.delete(id)
  }

  #isOver(): boolean {
    const { runs, bytes } = this.#ports.most ?? MOST
    return this.#kept.size > runs || this.#sum() > bytes
  }

  #sum(): number {
    let sum = 0
    for (const { bytes } of this.#kept.values()) sum += bytes
    return sum
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

const CANCELLED = {
  type: 'internal_error',
  data: 'it was taken off the queue by whoever runs this server: run it again',
} as const
