import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 250
const FIRST_BACK_OFF_MS = 5000
/** Somebody may just have run the statement that we ask for, and looks whether it helped. */
const MAX_BACK_OFF_MS = 30_000

/** Something that InfluxDB is to be asked for now and then, besides taking points. */
export interface Chore {
  everyMs: number
  /** @returns whether there is more to do at once. @throws Error that says what to do */
  run(): Promise<boolean>
}

export interface UpkeepPorts {
  /** Nothing is asked of it while it takes no points. */
  isWell(): boolean
  /** Told of trouble that is new. */
  onTrouble(why: string): void
  /** Milliseconds that only rise. */
  monotonic(): number
}

interface Kept {
  chore: Chore
  dueAt: number
  failures: number
  trouble: string | null
}

/** Does chores side by side with the points that are sent: what fails of them holds up nothing else, and is tried again. */
export class Upkeep {
  readonly #kept: Kept[]
  readonly #ports: UpkeepPorts
  readonly #closing = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(chores: Chore[], ports: UpkeepPorts) {
    this.#kept = chores.map((chore) => ({ chore, dueAt: 0, failures: 0, trouble: null }))
    this.#ports = ports
  }

  start() {
    this.#loop = this.#run()
  }

  /** What chores have failed with last. */
  get troubles(): string[] {
    return this.#kept.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]))
  }

  /** Does all chores as soon as may be. */
  hurry() {
    for (const kept of this.#kept) kept.dueAt = 0
  }

  async close() {
    this.#closing.abort()
    await this.#loop
  }

  async #run() {
    const { signal } = this.#closing
    while (!signal.aborted) {
      let isMore = false
      for (const kept of this.#kept)
        if (!signal.aborted && this.#ports.isWell() && this.#ports.monotonic() >= kept.dueAt)
          isMore = (await this.#perform(kept)) || isMore
      if (!isMore) await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
    }
  }

  async #perform(kept: Kept): Promise<boolean> {
    const { monotonic, onTrouble } = this.#ports
    kept.dueAt = monotonic() + kept.chore.everyMs
    try {
      const isMore = await kept.chore.run()
      if (isMore) kept.dueAt = 0
      kept.failures = 0
      kept.trouble = null
      return isMore
    } catch (error) {
      if (this.#closing.signal.aborted) return false
      const why = (error as Error).message
      if (why !== kept.trouble) onTrouble(why)
      kept.trouble = why
      kept.failures += 1
      kept.dueAt = monotonic() + Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** kept.failures)
      return false
    }
  }
}
