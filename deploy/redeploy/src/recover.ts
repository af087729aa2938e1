import { renameSync } from 'node:fs'
import { linkBack, resumeBack } from './back.ts'
import { attempt } from './despite-failure.ts'
import { type Pending, readPending, writePending } from './home/pending.ts'
import { linkedRelease } from './home/releases.ts'
import type { Run } from './home/run.ts'
import { runningJobs } from './home/run-file.ts'
import { endLeftPrograms } from './programs/left-programs.ts'
import { INTERRUPTED, isOnTrial, type Redeployer, withTime } from './redeployer.ts'
import { healthNow } from './trial/watch.ts'

/** So often a trial is taken up again: a release that has the machine end is no good. */
const MOST_ATTEMPTS = 3
const TOO_OFTEN = {
  code: 'interrupted_often',
  message: `its trial was broken off ${MOST_ATTEMPTS} times`,
  isItsFault: true,
}
/** After a boot everything starts at once, and from a cold disk. */
const LEAST_READY_MS = 30_000

/**
 * Before the server starts, at boot: undoes what was not switched, and goes back where trials do not end. Starts nothing and
 * waits for nothing; what is on trial goes on with the redeployer's own start.
 */
export async function recoverBeforeStart(redeployer: Redeployer) {
  const { home } = redeployer.parts
  const pending = readPending(home)
  if (pending === 'damaged') return void (await leaveDamaged(redeployer))
  if (pending === null) return
  const context = redeployer.contextOf(pending.request)
  const phase = phaseOf(redeployer, pending)
  if (phase === 'undo') return redeployer.refuse(context, INTERRUPTED)
  if (phase === 'keep') return
  const attempts = pending.attempts + 1
  const goesBack = phase === 'back' || attempts > MOST_ATTEMPTS
  if (!goesBack) return writePending(home, { ...pending, attempts, isCounted: true })
  await attempt(context.log, 'noting it', () =>
    writePending(home, { ...pending, phase: 'back', reason: pending.reason ?? TOO_OFTEN }),
  )
  await linkBack(context, pending)
}

/** At the redeployer's start: finishes or undoes what a kill or a power cut has left. The server may run, or start just now. */
export async function recover(redeployer: Redeployer) {
  const { home } = redeployer.parts
  await endLeftPrograms(home.folder)
  const pending = readPending(home)
  if (pending === 'damaged') await recoverDamaged(redeployer)
  else if (pending !== null) await recoverPending(redeployer, pending)
  // Told to end, it leaves what is on trial as it is: that run goes on later, and must not be refused here.
  if (readPending(home) !== null) return
  for (const run of runningJobs(home)) {
    await redeployer.refuse(redeployer.contextOf(requestOf(run)), INTERRUPTED)
  }
}

async function recoverPending(redeployer: Redeployer, pending: Pending) {
  const { home, host } = redeployer.parts
  const context = redeployer.contextOf(pending.request)
  const phase = phaseOf(redeployer, pending)
  context.change({ release: pending.release, from: pending.from })
  context.log('warn', `the redeployer was ended (${pending.phase}): taking it up again`)
  if (phase === 'undo') return redeployer.refuse(context, INTERRUPTED)
  if (phase === 'back') return resumeBack(context, withTime(redeployer.parts, pending))
  if (phase === 'keep') return void (await redeployer.goOn(context, 'keep'))
  const attempts = pending.attempts + (pending.isCounted ? 0 : 1)
  if (attempts > MOST_ATTEMPTS)
    return resumeBack(context, { ...withTime(redeployer.parts, pending), reason: TOO_OFTEN })
  const readyLimitMs = Math.max(pending.readyLimitMs, pending.isCounted ? LEAST_READY_MS : 0)
  await attempt(context.log, 'counting it', () =>
    writePending(home, { ...pending, attempts, isCounted: false, readyLimitMs }),
  )
  const health = await healthNow(host)
  const isStarted = health ? health.release === pending.release : pending.phase === 'trial'
  await redeployer.goOn(context, isStarted ? 'trial' : 'restart')
}

/** What is left to do; the link says what the file does not. */
function phaseOf({ parts: { home } }: Redeployer, pending: Pending): 'undo' | 'trial' | 'back' | 'keep' {
  if (!isOnTrial(home, pending)) return 'undo'
  const { phase, release } = pending
  if (phase === 'trial' && linkedRelease(home.current) !== release) return 'back'
  return phase === 'switch' ? 'trial' : phase
}

/** Nobody knows what was under way: the last release that was kept is the one that is trusted. */
async function recoverDamaged(redeployer: Redeployer) {
  const { host } = redeployer.parts
  const to = await leaveDamaged(redeployer)
  if (to !== undefined && (await healthNow(host))?.release !== to) await host.restart({ force: true })
}

/** @returns the release that is linked now; undefined where none is known to be good, and nothing was touched */
async function leaveDamaged(redeployer: Redeployer): Promise<string | null | undefined> {
  const { home, host, say } = redeployer.parts
  const log = (level: 'info' | 'warn' | 'error', text: string) => say({ at: Date.now(), step: null, level, text })
  const [run] = runningJobs(home)
  const to = linkedRelease(home.trusted) ?? run?.from
  const name = to ?? 'the checkout'
  const message =
    to === undefined ? 'pending.json is damaged, and no release is trusted' : `pending.json is damaged: back to ${name}`
  log('error', message)
  if (to !== undefined) await linkBack({ home, host, log }, { from: to })
  for (const one of runningJobs(home)) {
    const { change, log } = redeployer.contextOf(requestOf(one))
    log('error', message)
    change({ state: 'went_back', code: 'pending_damaged', message, progress: 1, endedAt: Date.now() })
  }
  renameSync(home.pending, `${home.pending}.damaged`)
  return to
}

function requestOf({ job, ref, release, by }: Run) {
  return { v: 1 as const, job, ref, release: ref === null ? release : null, force: false, by }
}
