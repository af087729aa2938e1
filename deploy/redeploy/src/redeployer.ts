import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { goBack, linkBack } from './back.ts'
import { attempt } from './despite-failure.ts'
import type { Home } from './home/home.ts'
import { noteRelease } from './home/ledger.ts'
import { newPending, type Pending, type Reason, readPending, removePending } from './home/pending.ts'
import { linkedRelease } from './home/releases.ts'
import type { Run, RunLine } from './home/run.ts'
import { RunFile } from './home/run-file.ts'
import type { Host } from './host.ts'
import { type Hide, hiderOf } from './programs/without-secrets.ts'
import type { Request } from './requests/request.ts'
import type { RedeploySettings } from './settings.ts'
import { RedeployError, type StepContext } from './step.ts'
import { STEPS, type StepName } from './step-names.ts'
import type { StepList } from './steps/steps.ts'
import { healthNow } from './trial/watch.ts'

export interface RedeployerParts {
  home: Home
  host: Host
  settings: RedeploySettings
  steps: StepList
  /** So long the release before may take at least to be ready again, in milliseconds. */
  backReadyMs?: number
  /** Told each line of each run. */
  say(line: RunLine): void
  /** Ends what is under way. What was switched is left to `recover`: the machine may be going down. */
  signal: AbortSignal
}

/** How far it is when a step begins: most of the time goes by in the install and on trial. */
const PROGRESS: Record<StepName, number> = {
  fetch: 0,
  verify: 0.05,
  export: 0.06,
  install: 0.1,
  preflight: 0.55,
  pending: 0.7,
  switch: 0.72,
  restart: 0.73,
  trial: 0.75,
  keep: 0.97,
}

/** What was switched is not refused: `recover` takes it up, or goes back. */
export const INTERRUPTED: Reason = {
  code: 'interrupted',
  message: 'the redeployer was ended before the switch: nothing was changed; ask again',
  isItsFault: false,
}

/** Takes a release through the steps. Whoever calls it holds the lock. */
export class Redeployer {
  readonly parts: RedeployerParts
  readonly #hide: Hide

  constructor(parts: RedeployerParts) {
    const hide = hiderOf(parts.settings.remote)
    this.parts = { ...parts, say: (line) => parts.say({ ...line, text: hide(line.text) }) }
    this.#hide = hide
  }

  /** @returns how it ended, or `running` where `signal` has left it to `recover` */
  async redeploy(request: Request): Promise<Run> {
    const context = this.contextOf(request)
    context.log('info', `asked for by ${request.by}: ${request.release ?? request.ref ?? 'the newest version'}`)
    try {
      // Until it is gone a redeploy is under way, or was cut off.
      mkdirSync(this.parts.home.work, { recursive: true })
      context.change({ from: await this.#running() })
    } catch (error) {
      await this.#fail(context, error as Error)
      return context.run
    }
    // A release that is here needs no making.
    return this.goOn(context, request.release === null ? 'fetch' : 'preflight')
  }

  /** Does the steps from `first` on, and goes back where one of them fails. */
  async goOn(context: StepContext, first: StepName): Promise<Run> {
    try {
      for (const name of STEPS.slice(STEPS.indexOf(first))) {
        if (name === 'preflight' && this.#runsAlready(context)) break
        context.signal.throwIfAborted()
        context.change({ step: name, progress: PROGRESS[name] })
        await this.parts.steps[name](context)
      }
    } catch (error) {
      await this.#fail(context, error as Error)
    }
    rmSync(join(this.parts.home.work, context.request.job), { recursive: true, force: true })
    return context.run
  }

  contextOf(request: Request): StepContext {
    const { home, host, settings, signal, say } = this.parts
    const file = RunFile.open(home, request, { say, hide: this.#hide })
    return {
      home,
      host,
      settings,
      request,
      get run() {
        return file.run
      },
      change: (change) => file.change(change),
      log: (level, text) => file.log(level, text),
      signal,
    }
  }

  /**
   * The release that runs, and is gone back to. The server may be in somebody else's hands: of releases its word counts for
   * one that a link names, for what comes out of here is started, and its installer run by root.
   */
  async #running(): Promise<string | null> {
    const { home, host } = this.parts
    const linked = linkedRelease(home.current)
    const health = await healthNow(host)
    if (health === null || health.release === linked) return linked
    if (health.release === null) return host.runsCheckouts ? null : linked
    return health.release === linkedRelease(home.trusted) ? health.release : linked
  }

  #runsAlready({ run, change, log }: StepContext): boolean {
    if (run.release === null || run.release !== run.from) return false
    const message = `${run.release} is the one that runs already`
    log('info', message)
    change({ state: 'kept', code: 'already_running', message, progress: 1, endedAt: Date.now() })
    return true
  }

  async #fail(context: StepContext, error: Error) {
    const { home } = this.parts
    const { run, signal, log, change } = context
    const told = reasonOf(error)
    // It goes into the ledger too.
    const reason = { ...told, message: this.#hide(told.message) }
    const read = readPending(home)
    if (run.step === 'keep') {
      // It is good, whatever could not be noted: pending.json stays, and the next start does it again.
      log('error', `${reason.message}: it stays all the same, and is noted later`)
      // Only once the disk knows: else the next start has it on trial again, and may go back.
      const isSure = read !== null && read !== 'damaged' && read.phase === 'keep'
      if (isSure) change({ state: 'kept', message: reason.message, progress: 1, endedAt: Date.now() })
      return
    }
    const pending = read === 'damaged' || read === null ? pendingOfRun(context) : read
    const isSwitched = read !== null && pending !== null && isOnTrial(home, pending)
    if (!isSwitched || pending === null) return this.refuse(context, reason)
    if (signal.aborted) return log('warn', 'the redeployer is told to end: it goes on when it starts again')
    await goBack(context, withTime(this.parts, pending), reason)
  }

  /** Nothing was switched. */
  async refuse({ run, change, log }: StepContext, { code, message, isItsFault }: Reason) {
    const { home, host } = this.parts
    const { release } = run
    log('error', message)
    const mark = { state: 'bad' as const, reason: `${code}: ${message}` }
    if (isItsFault && release !== null) await attempt(log, 'marking it bad', () => noteRelease(home, release, mark))
    const pending = readPending(home)
    if (pending !== null && pending !== 'damaged') await linkBack({ home, host, log }, pending)
    change({ state: 'refused', code, message, progress: 1, endedAt: Date.now() })
    if (pending !== null) removePending(home)
  }
}

/** Whether the release before may not be the one that runs. */
export function isOnTrial(home: Home, { phase, release }: Pending): boolean {
  return phase !== 'switch' || linkedRelease(home.current) === release
}

/** For a start in a hurry, on a machine that just had another one. */
const BACK_READY_MS = 30_000

/** What goes back has more time to be ready than what is on trial: nothing else is left to run. */
export function withTime({ backReadyMs = BACK_READY_MS }: RedeployerParts, pending: Pending): Pending {
  return { ...pending, readyLimitMs: Math.max(backReadyMs, pending.readyLimitMs) }
}

/** Where the file is damaged while it is needed, the run knows what matters of it. */
function pendingOfRun({ run, request }: StepContext): Pending | null {
  const { release, from, startedAt } = run
  return release === null ? null : newPending({ release, from, startedAt, request })
}

function reasonOf(error: Error): Reason {
  if (error instanceof RedeployError) {
    return { code: error.code, message: error.message, isItsFault: error.fault === 'release' }
  }
  if (error.name === 'AbortError') return INTERRUPTED
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC')
    return { code: 'failed', message: error.message, isItsFault: false }
  return { code: 'disk_full', message: `the disk is full: ${error.message}`, isItsFault: false }
}
