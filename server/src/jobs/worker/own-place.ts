import type { ConnectedWorker } from './connected-worker.ts'
import { WorkerLostError } from './messages.ts'
import { type OwnEntry, OwnWorker } from './own-worker.ts'
import type { Pool } from './pool.ts'

const CONNECT_LIMIT_MS = 60_000

/** Where one worker of the server's own runs while there is something to do. */
export class OwnPlace {
  readonly #own: OwnWorker
  readonly #pool: Pick<Pool, 'title' | 'idleMs'>
  /** Who waits for it to connect. */
  #awaited: PromiseWithResolvers<ConnectedWorker> | null = null
  #isStarting = false
  #idle: NodeJS.Timeout | undefined

  constructor(own: OwnEntry, pool: Pick<Pool, 'title' | 'idleMs'>) {
    this.#own = new OwnWorker(own)
    this.#pool = pool
  }

  get isStarting(): boolean {
    return this.#isStarting
  }

  /** Whether that worker is the one that runs here. */
  holds({ pid }: Pick<ConnectedWorker, 'pid'>): boolean {
    return pid === this.#own.pid
  }

  /** Starts a worker in place of one that is on its way out. @throws WorkerLostError where it does not connect */
  async start(signal: AbortSignal): Promise<ConnectedWorker> {
    this.#isStarting = true
    this.keep()
    const awaited = Promise.withResolvers<ConnectedWorker>()
    awaited.promise.catch(() => {}) // it may fail before it is waited for
    const giveUp = (why: string) => {
      this.#awaited = null
      awaited.reject(new WorkerLostError(why))
    }
    const onAbort = () => giveUp('it is not waited for any more')
    const limit = setTimeout(() => {
      giveUp(`the ${this.#pool.title} did not connect in a minute`)
      this.kill()
    }, CONNECT_LIMIT_MS)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#own.close()
      if (signal.aborted) onAbort()
      else {
        this.#awaited = awaited
        this.#own.start((how) => giveUp(`the ${this.#pool.title} ended before it connected (${how})`))
      }
      return await awaited.promise
    } finally {
      this.#isStarting = false
      clearTimeout(limit)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Its worker has connected. @returns whether somebody waited for that, whose it is now */
  connected(worker: ConnectedWorker): boolean {
    const awaited = this.#awaited
    this.#awaited = null
    awaited?.resolve(worker)
    return awaited !== null
  }

  /** It has something to do. */
  keep() {
    clearTimeout(this.#idle)
  }

  /** It has nothing to do. @param retire called where that stays so */
  rest(retire: () => void) {
    this.keep()
    this.#idle = setTimeout(retire, this.#pool.idleMs).unref()
  }

  retire() {
    this.#own.kill('SIGTERM')
  }

  kill() {
    this.#own.kill('SIGKILL')
  }

  async close(): Promise<void> {
    this.keep()
    await this.#own.close()
  }
}
