import type { Log } from './levels.ts'

/** One kind of line is logged at most this often: a broken client that comes back for ever does not fill the disk. */
const QUIET_MS = 10_000

/** Logs warnings that somebody outside can cause at any rate. */
export class SparingLog {
  readonly #log: Pick<Log, 'warn'>
  readonly #now: () => number
  readonly #kinds = new Map<string, { loggedAt: number; unlogged: number }>()

  /** @param now milliseconds since some fixed moment: a clock that is set back must not silence it */
  constructor(log: Pick<Log, 'warn'>, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
  }

  /** @param kind one of few: each is remembered */
  warn(kind: string, details: object, text: string) {
    const known = this.#kinds.get(kind) ?? { loggedAt: Number.NEGATIVE_INFINITY, unlogged: 0 }
    this.#kinds.set(kind, known)
    if (this.#now() - known.loggedAt < QUIET_MS) {
      known.unlogged += 1
      return
    }
    const before = known.unlogged > 0 ? { andMoreBefore: known.unlogged } : {}
    this.#log.warn({ ...details, ...before }, text)
    known.loggedAt = this.#now()
    known.unlogged = 0
  }
}
