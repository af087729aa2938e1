import type { FrameCounts } from '../home/pending.ts'
import type { ServerProcess } from '../host.ts'
import type { Health } from './health.ts'

export interface GateOptions {
  /** The id that it has to answer with; null: a checkout. */
  release: string | null
  /** It answers well within this. */
  readyLimitMs: number
  /** For so long in a row it has to answer well. */
  trialMs: number
  /** Checks that were errors before, and so are not its fault. */
  failingBefore: string[]
  /** Frames that wait may stand still, as they did before. */
  mayStand: boolean
  /** Frames came before: one has to come within so long after it is ready, in milliseconds. Null: none came. */
  takesWithinMs: number | null
  /** It is waited for however often its process ends: nothing else is left to run. */
  mayCrash: boolean
}

/** One look at the server. */
export interface Look {
  /** Monotonic milliseconds. */
  at: number
  /** Text: why there is none. */
  health: Health | string
  /** Null: unknown. */
  process: ServerProcess | null
}

export type Verdict = { is: 'waiting' | 'good' } | { is: 'sick'; code: string; message: string }

/** So many bad looks in a row are no accident. */
const MOST_BAD = 3
/** One that is now good and now bad is sick after so many trials. */
const MOST_TRIALS = 3
/** What has no process then is waited for as if it had one. */
const LONGEST_QUEUE_MS = 10 * 60_000

/** Judges a release by how its server answers: looks go in, a verdict comes out. It knows no clock but that of the looks. */
export class Gate {
  readonly #options: GateOptions
  readonly #openedAt: number
  /** Its time runs from here: the last look at which it had no process yet. */
  #startedAt: number
  #hasProcess = false
  #readyAt: number | null = null
  /** It has answered well since. */
  #goodSince: number | null = null
  #bad = 0
  #frames: FrameCounts | null = null
  /** Frames wait, and none has ended since. */
  #standsSince: number | null = null

  /** @param openedAt monotonic milliseconds */
  constructor(options: GateOptions, openedAt: number) {
    this.#options = options
    this.#openedAt = openedAt
    this.#startedAt = openedAt
  }

  take({ at, health, process }: Look): Verdict {
    const ended = this.endOf(process)
    if (ended) return ended
    if (!this.#hasProcess && this.#isQueued(at, process)) this.#startedAt = at
    else this.#hasProcess = true
    const fault = this.faultOf(health)
    if (fault === null) return this.#takeGood(at, (health as Health).frames)
    this.#goodSince = null
    if (this.#readyAt === null) {
      const isLate = at - this.#startedAt >= this.#options.readyLimitMs
      return isLate
        ? sick('not_ready', `it was not ready within ${seconds(this.#options.readyLimitMs)}: ${fault}`)
        : WAITING
    }
    this.#bad += 1
    return this.#bad >= MOST_BAD ? sick('sick', `it was ready, then not any more: ${fault}`) : WAITING
  }

  /** @returns null where it answers well */
  faultOf(health: Health | string): string | null {
    if (typeof health === 'string') return health
    const { release, failingBefore } = this.#options
    if (health.release !== release) return `${health.release ?? 'a checkout'} answers`
    const failing = health.failing.filter(({ name }) => !failingBefore.includes(name))
    return failing.length === 0 ? null : failing.map(({ name, text }) => `${name}: ${text}`).join('; ')
  }

  /** At boot much else comes first, such as the time from the network. */
  #isQueued(at: number, process: ServerProcess | null): boolean {
    return process?.state === 'starting' && process.pid === null && at - this.#openedAt < LONGEST_QUEUE_MS
  }

  /** @returns null where its process goes on, as far as is known */
  endOf(process: ServerProcess | null): Verdict | null {
    if (process === null || this.#options.mayCrash) return null
    if (process.state === 'failed') return sick('crashed', 'its process has ended again and again, or does not start')
    return process.crashes > 0 ? sick('crashed', 'its process has ended by itself') : null
  }

  #takeGood(at: number, frames: FrameCounts): Verdict {
    this.#bad = 0
    this.#readyAt ??= at
    this.#goodSince ??= at
    this.#lookAtFrames(at, frames)
    const { trialMs, readyLimitMs, mayStand, takesWithinMs } = this.#options
    const standsMs = mayStand || this.#standsSince === null ? 0 : at - this.#standsSince
    if (standsMs > 0 && standsMs >= trialMs) {
      return sick('frames_stand', `${frames.waiting} frames wait, and none was classified for ${seconds(standsMs)}`)
    }
    if (takesWithinMs !== null && frames.taken === 0) {
      const missedMs = at - this.#readyAt
      return missedMs < takesWithinMs
        ? WAITING
        : sick('no_frames', `frames came one after another before it, and none for ${seconds(missedMs)} now`)
    }
    if (at - this.#goodSince >= trialMs && standsMs * 2 <= trialMs) return { is: 'good' }
    const isUnsteady = at - this.#startedAt > readyLimitMs + (takesWithinMs ?? 0) + MOST_TRIALS * trialMs
    return isUnsteady ? sick('unsteady', `now it answers well, now it does not`) : WAITING
  }

  #lookAtFrames(at: number, frames: FrameCounts) {
    const stands = frames.waiting > 0 && frames.ended === this.#frames?.ended
    if (!stands) this.#standsSince = null
    else this.#standsSince ??= at
    this.#frames = frames
  }
}

const WAITING: Verdict = { is: 'waiting' }

function sick(code: string, message: string): Verdict {
  return { is: 'sick', code, message }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
