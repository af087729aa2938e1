import { setTimeout as sleep } from 'node:timers/promises'
import type { StateDatabase } from '../database/state-database.ts'
import type { Log } from '../logging/levels.ts'
import { fillSlice } from './fill.ts'
import { tellHours } from './state-hours.ts'

export interface HistoryPorts {
  database: StateDatabase
  sources: { list(): { id: string }[] }
  /** Milliseconds UTC, as far as the clock is believed: of years that never were no hours are told. */
  now(): number
  log: Pick<Log, 'info' | 'warn'>
}

const FIRST_MS = 1000
const AGAIN_MS = 60_000
/** Whoever records has as much of the time as this, and more. Milliseconds. */
const LEAST_PAUSE_MS = 1

/**
 * Keeps the history of cameras whole, in slices beside all else: results that were there before rollups were, and the
 * hours that have ended.
 */
export class History {
  readonly #ports: HistoryPorts
  #timer: NodeJS.Timeout | null = null
  #keeping: Promise<void> = Promise.resolve()
  #isTroubled = false
  #isClosing = false

  constructor(ports: HistoryPorts) {
    this.#ports = ports
  }

  start() {
    this.#arrange(FIRST_MS)
  }

  async close() {
    this.#isClosing = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#keeping
  }

  /** Does all that there is to do. One after the other. */
  keep(): Promise<void> {
    this.#keeping = this.#keeping.then(() => this.#keep())
    return this.#keeping
  }

  #arrange(delayMs: number) {
    this.#timer = setTimeout(async () => {
      await this.keep()
      if (!this.#isClosing) this.#arrange(AGAIN_MS)
    }, delayMs)
  }

  async #keep() {
    const { database, sources, now, log } = this.#ports
    try {
      let slices = 0
      for (const { id } of sources.list()) {
        await this.#inSlices(() => tellHours(database, id, now()))
        slices += await this.#inSlices(() => fillSlice(database, id))
      }
      if (slices > 0) log.info({ slices }, 'the history of older results is rolled up')
      this.#isTroubled = false
    } catch (err) {
      if (!this.#isTroubled && !this.#isClosing) log.warn({ err }, 'the history cannot be kept; trying again')
      this.#isTroubled = true
    }
  }

  /** @returns how many slices had more behind them */
  async #inSlices(work: () => Promise<boolean>): Promise<number> {
    for (let slices = 0; ; slices++) {
      const startedAt = performance.now()
      if (this.#isClosing || !(await work())) return slices
      await sleep(Math.max(LEAST_PAUSE_MS, performance.now() - startedAt))
    }
  }
}
