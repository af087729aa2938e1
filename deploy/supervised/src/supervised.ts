import type { Supervisor } from './supervisor.ts'
import { SUPERVISORS } from './supervisors.ts'

export interface SupervisedOptions {
  /** Asked before each beat: false is silence, and silence has us restarted. */
  isAlive(): boolean
}

/** Tells every supervisor that is found how this process is. Without any, nothing happens. */
export class Supervised {
  readonly #isAlive: () => boolean
  readonly #supervisors: Supervisor[]
  #timers: NodeJS.Timeout[] = []

  constructor({ isAlive }: SupervisedOptions) {
    this.#isAlive = isAlive
    this.#supervisors = SUPERVISORS.map((find) => find()).filter((found) => found !== null)
  }

  /** The work can begin; from now on it beats. */
  ready() {
    for (const supervisor of this.#supervisors) {
      supervisor.ready()
      const beat = () => this.#isAlive() && supervisor.beat()
      this.#timers.push(setInterval(beat, supervisor.beatEveryMs).unref())
    }
  }

  /** An end in order has begun. It goes on beating, since that takes a while. */
  stopping() {
    for (const supervisor of this.#supervisors) supervisor.stopping()
  }

  close() {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
  }
}
