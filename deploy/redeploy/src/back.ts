import { attempt } from './despite-failure.ts'
import { noteRelease } from './home/ledger.ts'
import { type Pending, type Reason, removePending, writePending } from './home/pending.ts'
import { isReleaseId, linkedRelease, linkRelease } from './home/releases.ts'
import type { StepContext } from './step.ts'
import { lastWordsOf } from './trial/last-words.ts'
import { healthNow, watchServer } from './trial/watch.ts'

const INTERRUPTED: Reason = { code: 'interrupted', message: 'the redeployer was ended', isItsFault: false }

/** Has the release before run again, and says in the run whether it does. */
export async function goBack(context: StepContext, pending: Pending, why: Reason) {
  const { home, host, log, run, change } = context
  const foundAt = Date.now()
  log('error', `${why.message}: going back`)
  // Where the note fails, the link tells as much: what was on trial and is not linked any more goes back.
  await attempt(log, 'noting it', () => writePending(home, { ...pending, phase: 'back', reason: why }))
  await linkBack(context, pending)
  const startedAt = performance.now()
  await host.restart({ force: true })
  const downMs = Math.round((run.downMs ?? 0) + performance.now() - startedAt)
  change({ downMs: pending.attempts > 0 ? null : downMs })
  await finishBack(context, pending, why, foundAt)
}

/** What is left of going back after a kill, whenever that came. */
export async function resumeBack(context: StepContext, pending: Pending) {
  const { host, change } = context
  change({ downMs: null })
  await linkBack(context, pending)
  const health = await healthNow(host)
  if (health?.release !== pending.from) await host.restart({ force: true })
  await finishBack(context, pending, pending.reason ?? INTERRUPTED)
}

/** The link, and what the release before needs. */
export async function linkBack(
  { home, host, log }: Pick<StepContext, 'home' | 'host' | 'log'>,
  { from }: Pick<Pending, 'from'>,
) {
  // It is out of a file, and what it names is run.
  if (from !== null && !isReleaseId(from)) throw new Error(`${JSON.stringify(from)} is no release to go back to`)
  const folder = from === null ? null : `${home.releases}/${from}`
  await attempt(log, 'bringing back its units', () => host.prepare(folder))
  if (linkedRelease(home.current) !== from) linkRelease(home.current, from)
}

/** @param foundAt when it was found to be no good, in milliseconds UTC; null: another redeployer did that */
async function finishBack(context: StepContext, pending: Pending, why: Reason, foundAt: number | null = null) {
  const { home, run, change, log } = context
  const { release, from } = pending
  const { code, isItsFault } = why
  const mark = (reason: string) =>
    attempt(log, 'marking it bad', () => noteRelease(home, release, { state: 'bad', reason: `${code}: ${reason}` }))
  if (isItsFault) await mark(why.message)
  const { verdict, downMs } = await watchBefore(context, pending)
  // Only now: nobody waits for it.
  const said = isItsFault && foundAt !== null ? await tellLastWords(context, pending, foundAt) : null
  const message = said === null ? why.message : `${why.message}; it said: ${said}`
  if (said !== null) await mark(message)
  const before = from ?? 'the checkout'
  const answersAgain = verdict.is !== 'sick'
  const outcome =
    verdict.is === 'sick'
      ? `neither ${release} (${message}) nor ${before} (${verdict.message}) answers well: look at the log of the server`
      : `${release} is no good (${message}); ${before} runs again`
  log(answersAgain ? 'warn' : 'error', outcome)
  change({
    state: 'went_back',
    code,
    message: outcome,
    answersAgain,
    progress: 1,
    endedAt: Date.now(),
    downMs: run.downMs === null ? null : Math.round(run.downMs + downMs),
  })
  removePending(home)
}

/** @returns the line that says most; null where there is none */
async function tellLastWords({ host, log }: StepContext, pending: Pending, foundAt: number): Promise<string | null> {
  try {
    const { lines, first } = await lastWordsOf(host, pending, foundAt)
    for (const line of lines) log('warn', `${pending.release} said: ${line}`)
    return first
  } catch (error) {
    log('info', `what ${pending.release} said is in the log of the server: ${(error as Error).message}`)
    return null
  }
}

function watchBefore({ host, signal }: StepContext, { from, readyLimitMs, failingBefore }: Pending) {
  const options = {
    release: from,
    readyLimitMs,
    failingBefore,
    trialMs: 0,
    mayStand: true,
    takesWithinMs: null,
    mayCrash: true,
  }
  return watchServer(host, options, signal)
}
