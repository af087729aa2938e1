import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobLineRow } from '../database/schema.ts'
import type { JobContext } from '../jobs/jobs.ts'
import { ask, type Request } from './ask.ts'
import type { Home } from './home.ts'
import { RedeployError } from './redeploy-error.ts'
import { hasEnded, type Run, readRun } from './run.ts'
import { RunLog } from './run-log.ts'

export interface FollowerPorts {
  home: Home
  /** What was told of a job, the oldest first. */
  linesOf(job: string): Promise<Pick<JobLineRow, 'at' | 'level'>[]>
  /** For tests. */
  limits?: Partial<typeof LIMITS>
}

/** A server that was away for so long, or came back out of a backup, begins nothing that nobody expects any more. */
const LATE_MS = 3_600_000

/** Milliseconds. */
const LIMITS = {
  poll: 250,
  /** It may have to finish first what it was at when it was killed. */
  answer: 300_000,
  /** A redeployer that was killed is started again by being asked. */
  silent: 15_000,
  /** Then nobody is at it any more. */
  gone: 600_000,
}

/**
 * Follows a redeploy that somebody else does, and who may end this server meanwhile: what its run and its log say becomes
 * what its job says. Begun again after a start, or in the release before, it goes on where the job's own lines end.
 */
export class Follower {
  readonly #ports: FollowerPorts
  readonly #limits: typeof LIMITS

  constructor(ports: FollowerPorts) {
    this.#ports = ports
    this.#limits = { ...LIMITS, ...ports.limits }
  }

  /** The handler of the job. @returns what it came to @throws RedeployError why it is not kept */
  async run(context: JobContext): Promise<object> {
    const { home, linesOf } = this.#ports
    const { id } = context
    const log = new RunLog(join(home.runs, `${id}.log`), await linesOf(id))
    if (!(await readRun(home, id))) await this.#begin(context)
    const run = await this.#follow(context, log)
    await tell(context, log) // its last lines
    return outcomeOf(run)
  }

  /** Asks for it. That it was begun tells its run, too, where the answer is lost. */
  async #begin(context: JobContext) {
    const { askedAt } = context.params
    if (typeof askedAt === 'number' && Date.now() - askedAt > LATE_MS) throw late()
    const over = new AbortController()
    const signal = AbortSignal.any([context.signal, over.signal])
    const asked = ask(this.#ports.home.socket, requestOf(context), this.#limits.answer, signal)
    try {
      await Promise.race([asked, this.#untilBegun(context.id, signal)])
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(await readRun(this.#ports.home, context.id))) throw error
    } finally {
      over.abort()
    }
  }

  async #untilBegun(job: string, signal: AbortSignal) {
    while (!(await readRun(this.#ports.home, job))) await sleep(this.#limits.poll, null, { signal })
  }

  /** @returns the run when it has ended */
  async #follow(context: JobContext, log: RunLog): Promise<Run> {
    const { home } = this.#ports
    const heard = new Heard()
    let reported = ''
    for (;;) {
      const lines = await tell(context, log)
      // Replaced at this very moment, or damaged: the next look may find it.
      const run = await readRun(home, context.id)
      if (run) {
        const { step, progress } = run
        const report = `${step} ${progress}`
        if (report !== reported) context.report(step ?? 'fetch', Math.min(Math.max(progress, 0), 1))
        if (report !== reported || lines > 0) heard.now()
        reported = report
        if (hasEnded(run)) return run
      }
      if (heard.silentMs > this.#limits.silent && heard.isTimeToAsk(this.#limits.silent))
        void this.#wake(context, heard)
      if (heard.silentMs > this.#limits.gone) throw gone(run)
      await sleep(this.#limits.poll, null, { signal: context.signal })
    }
  }

  /** Whoever is at it answers; where nobody is, this starts him. */
  async #wake(context: JobContext, heard: Heard) {
    try {
      await ask(this.#ports.home.socket, requestOf(context), this.#limits.silent, context.signal)
      heard.now()
    } catch {
      // Said once it has lasted.
    }
  }
}

/** When something was heard of the redeployer; by a clock that never jumps. */
class Heard {
  #at = performance.now()
  #askedAt = performance.now()

  now() {
    this.#at = performance.now()
  }

  get silentMs(): number {
    return performance.now() - this.#at
  }

  isTimeToAsk(everyMs: number): boolean {
    if (performance.now() - this.#askedAt < everyMs) return false
    this.#askedAt = performance.now()
    return true
  }
}

/** @returns how many lines were new */
async function tell(context: JobContext, log: RunLog): Promise<number> {
  const lines = await log.next()
  for (const { level, text, at } of lines) context.log(level, text, at)
  return lines.length
}

function requestOf({ id, params, owner }: JobContext): Request {
  const { ref = null, release = null, force = false } = params as Partial<Request>
  return { v: 1, job: id, ref, release, force, by: owner.slice(0, 200) }
}

function outcomeOf(run: Run): object {
  const { state, code, message, release, from, commit, version, signer, downMs } = run
  if (state === 'kept') return { release, from, commit, version, signer, downMs, message }
  const why = message ?? 'the redeployer says no more: see its log'
  throw new RedeployError(code ?? state, why)
}

function late(): RedeployError {
  return new RedeployError(
    'interrupted',
    'it was asked for long ago, and had not begun: ask again if it is still wanted',
  )
}

function gone(run: Run | null): RedeployError {
  const { release = null, step = null } = run ?? {}
  return new RedeployError(
    'redeployer_gone',
    `nothing was heard of the redeployer for long${step ? ` since it was at ${step}` : ''}${release ? ` of ${release}` : ''}: ` +
      'as a service, see `journalctl -u ajar-redeploy` and `systemctl start ajar-redeploy`, which finishes or undoes it; ' +
      'else start ajar again with `npm start`',
  )
}
