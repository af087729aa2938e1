import type { Supervisor } from './supervisor.ts'
import { SUPERVISORS } from './supervisors.ts'

export interface SupervisedOptions {
  /** Asked before each beat once it was ready: false is silence, and silence has us restarted. */
  isAlive(): boolean
}

const FAILED = 1

/** Tells every supervisor that is found how this process is, from its making on. Without any, nothing happens. */
export class Supervised {
  readonly #isAlive: () => boolean
  readonly #supervisors: Supervisor[]
  #isReady = false
  readonly #hadParent = process.connected === true

  constructor({ isAlive }: SupervisedOptions) {
    this.#isAlive = isAlive
    this.#supervisors = SUPERVISORS.map((find) => find()).filter((found) => found !== null)
    for (const supervisor of this.#supervisors) {
      // While it starts as well, so that a long start is told from one that hangs.
      const beat = () => (!this.#isReady || this.#isAlive()) && supervisor.beat()
      setInterval(beat, supervisor.beatEveryMs).unref()
    }
  }

  /** The work can begin; from now on a beat means that it advances. */
  ready() {
    this.#isReady = true
    for (const supervisor of this.#supervisors) supervisor.ready()
  }

  /**
   * From now on this process ends in order at SIGTERM or SIGINT, when a parent with an IPC channel is gone (nobody would
   * stop us later), or when the function that is returned is called: with code 0, or 1 where `close` takes too long or
   * fails. It goes on beating meanwhile. Word that comes again changes nothing: it must not cut short what is being closed.
   */
  endsInOrder(close: () => Promise<unknown>, limitMs: number): () => void {
    let ending = false
    const end = () => {
      if (ending) return
      ending = true
      setTimeout(() => process.exit(FAILED), limitMs).unref()
      for (const supervisor of this.#supervisors) supervisor.stopping()
      close().then(
        () => process.exit(0),
        (error: Error) => {
          process.stderr.write(`what was open could not be closed: ${error.stack}\n`)
          process.exit(FAILED)
        },
      )
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
    if (this.#hadParent) process.once('disconnect', end)
    if (this.#hadParent && !process.connected) end()
    return end
  }
}
