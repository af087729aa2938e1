import type { Log } from '../logging/levels.ts'
import type { HealthCheck } from '../observe/health.ts'

const LOOK_EVERY_MS = 250
/** Answers and heartbeats wait so long that somebody notices. */
const LONG_MS = 500
const RECENT_MS = 5 * 60_000
/** One line in so long: what blocks often does not fill the log. */
const QUIET_MS = 10_000

/**
 * Sees when this process was held up, by a look that comes late. Whoever is killed for its silence cannot say why
 * afterwards: the shorter times before are what tells of it.
 */
export class LoopLag {
  readonly #log: Pick<Log, 'warn'>
  readonly #now: () => number
  #lookedAt: number
  #last: { lagMs: number; at: number } | null = null
  #loggedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** @param now monotonic, in milliseconds */
  constructor(log: Pick<Log, 'warn'>, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
    this.#lookedAt = now()
  }

  start() {
    this.#lookedAt = this.#now()
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref()
  }

  look() {
    const at = this.#now()
    const lagMs = Math.round(at - this.#lookedAt - LOOK_EVERY_MS)
    this.#lookedAt = at
    if (lagMs < LONG_MS) return
    this.#last = { lagMs, at }
    if (at - this.#loggedAt < QUIET_MS) return
    this.#loggedAt = at
    this.#log.warn({ lagMs }, 'the server was held up: a piece of work took all its time, or the machine is too busy')
  }

  get health(): HealthCheck {
    const last = this.#last
    if (!last || this.#now() - last.at > RECENT_MS) return { name: 'event_loop', level: 'ok', text: 'advances' }
    const text = `the server was held up for ${last.lagMs} ms within the last minutes: the lines of the log before that say by what`
    return { name: 'event_loop', level: 'warn', text }
  }

  close() {
    clearInterval(this.#timer)
  }
}
