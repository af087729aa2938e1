import { setTimeout as sleep } from 'node:timers/promises'

/** Shorter pieces of work go on: a rest takes a millisecond at least. */
const LEAST_WORK_MS = 4
const LONGEST_REST_MS = 500

/**
 * Rests between pieces of work as long as they took, so that whoever else wants the disk gets it in between; a slow disk is
 * left alone longer.
 */
export class Pace {
  readonly #rests: boolean
  #since = performance.now()

  /** @param rests false: nobody else is there */
  constructor(rests: boolean) {
    this.#rests = rests
  }

  /** After each piece of work. */
  async rest(): Promise<void> {
    const worked = performance.now() - this.#since
    if (!this.#rests || worked < LEAST_WORK_MS) return
    await sleep(Math.min(worked, LONGEST_REST_MS))
    this.#since = performance.now()
  }
}
