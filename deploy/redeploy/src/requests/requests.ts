import { setTimeout as delay } from 'node:timers/promises'
import { readLedger } from '../home/ledger.ts'
import { takeLock } from '../home/lock.ts'
import { readPending } from '../home/pending.ts'
import { isComplete } from '../home/releases.ts'
import { readRun } from '../home/run-file.ts'
import { recover } from '../recover.ts'
import type { Redeployer } from '../redeployer.ts'
import { RedeployError, type StepContext } from '../step.ts'
import { tidy, tidyReleases } from '../tidy.ts'
import { type Answer, isRequest, type Request } from './request.ts'

/** What could not be finished, such as going back where a program failed, is tried again so often, and so much later. */
const MOST_TRIES = 4
const TRY_AGAIN_MS = 2000

/** Does what is asked for, one redeploy at a time, and holds the lock meanwhile. */
export class Requests {
  readonly #redeployer: Redeployer
  readonly #tryAgainMs: number
  /** The job that is under way. */
  #job: string | null = null
  #work: Promise<void> | null = null

  constructor(redeployer: Redeployer, tryAgainMs = TRY_AGAIN_MS) {
    this.#redeployer = redeployer
    this.#tryAgainMs = tryAgainMs
  }

  get isBusy(): boolean {
    return this.#work !== null
  }

  /** What is pending could not be finished. Whoever starts this process does so again, and raises an alarm where that does not help. */
  get isStuck(): boolean {
    return !this.isBusy && readPending(this.#redeployer.parts.home) !== null
  }

  /** Finishes what an end of this process has left. What is on trial goes on while requests are taken, and refused. */
  async start() {
    const pending = readPending(this.#redeployer.parts.home)
    const work = this.#begin(pending === null || pending === 'damaged' ? null : pending.job, await this.#lock())
    if (pending === null) await work
  }

  /** Resolves when nothing is under way. */
  async done() {
    await this.#work
  }

  take(line: string): Answer {
    const request = parsed(line)
    if (!isRequest(request)) return refused('bad_request', 'not a request of this version')
    const { home } = this.#redeployer.parts
    const { job } = request
    if (job === this.#job || readRun(home, job)) return { accepted: true }
    const refusal = this.#refusalOf(request)
    if (refusal) return refusal
    try {
      const giveBack = takeLock(home.lock)
      void this.#begin(job, giveBack, () => this.#redeployer.redeploy(request))
      return { accepted: true }
    } catch (error) {
      return refused(error instanceof RedeployError ? error.code : 'failed', (error as Error).message)
    }
  }

  #refusalOf({ release, force }: Request): Answer | null {
    const { home, settings } = this.#redeployer.parts
    if (this.isBusy) return refused('busy', 'a redeploy is under way: wait until it has ended')
    if (readPending(home) !== null)
      return refused('not_recovered', 'the redeploy before is not finished: look at the log')
    if (release === null)
      return settings.remote === null ? refused('no_remote', 'AJAR_RELEASE_REMOTE_URL is not set') : null
    if (!isComplete(home, release)) return refused('no_release', `there is no release ${release}`)
    const { state, reason } = readLedger(home)[release] ?? {}
    return state === 'bad' && !force ? refused('release_bad', `${release} is marked bad: ${reason}`) : null
  }

  /** @param giveBack the lock */
  #begin(job: string | null, giveBack: () => void, act?: () => Promise<unknown>): Promise<void> {
    this.#job = job
    this.#work = this.#do(act).finally(() => {
      giveBack()
      this.#job = null
      this.#work = null
    })
    return this.#work
  }

  async #do(act: (() => Promise<unknown>) | undefined) {
    const say = (error: Error) => this.#say(error.message)
    try {
      await this.#recovered()
      if (act) {
        await act().catch(say)
        await this.#recovered()
      }
      const { home, host, settings, say: tell } = this.#redeployer.parts
      const log: StepContext['log'] = (level, text) => tell({ at: Date.now(), step: null, level, text })
      await tidy({ home, host, log })
      // Not at the start: what is asked for next may be a release that is over their number.
      if (act) await tidyReleases({ home, settings, log })
    } catch (error) {
      say(error as Error)
    }
  }

  async #recovered() {
    const { home, signal } = this.#redeployer.parts
    for (let tries = 0; tries < MOST_TRIES && !signal.aborted; tries += 1) {
      if (tries > 0) await delay(this.#tryAgainMs, undefined, { signal })
      await recover(this.#redeployer).catch((error: Error) => this.#say(error.message))
      if (readPending(home) === null) return
    }
    throw new Error('what is pending waits for the next start')
  }

  /** `recover` at boot has it for a moment. */
  async #lock() {
    const { home, signal } = this.#redeployer.parts
    for (let tries = 1; ; tries += 1) {
      try {
        return takeLock(home.lock)
      } catch (error) {
        if (tries === MOST_TRIES) throw error
        await delay(this.#tryAgainMs, undefined, { signal })
      }
    }
  }

  #say(text: string) {
    this.#redeployer.parts.say({ at: Date.now(), step: null, level: 'error', text })
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function refused(code: string, message: string): Answer {
  return { refused: { code, message } }
}
