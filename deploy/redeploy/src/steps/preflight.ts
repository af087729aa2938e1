import { setTimeout as delay } from 'node:timers/promises'
import { noteRelease } from '../home/ledger.ts'
import { isComplete } from '../home/releases.ts'
import type { Rehearsal } from '../host.ts'
import { rehearsalData } from '../rehearsal/rehearsal-data.ts'
import { RedeployError, type Step, type StepContext } from '../step.ts'
import { Gate } from '../trial/gate.ts'
import { askHealth } from '../trial/health.ts'
import { healthNow } from '../trial/watch.ts'
import { releaseOf } from './release-of.ts'

/** For one whose database is small, and for each megabyte of it: a migration of a large one takes minutes. */
const START_MS = 60_000
const START_MS_PER_MB = 100
const LOOK_MS = 100

/** Starts the new release on a copy of the data, where it harms nobody. @param startMs for so long it may take to be ready */
export function preflight(startMs = START_MS): Step {
  return async (context) => {
    const { home, host, run, log, signal } = context
    const release = releaseOf(run)
    if (!isComplete(home, release)) throw new RedeployError('no_release', 'environment', `${release} is not complete`)
    const data = rehearsalData(await host.dataDir())
    try {
      const bytes = await data.copy(signal)
      const limitMs = startMs + (bytes / 1e6) * START_MS_PER_MB
      const rehearsal = await host.rehearse(`${home.releases}/${release}`, { dataDir: data.folder, log, signal })
      try {
        const tookMs = await untilGood(context, rehearsal, data.folder, limitMs)
        log('info', `rehearsed: ready within ${tookMs} ms`)
        noteRelease(home, release, { startMs: tookMs })
      } finally {
        await rehearsal.stop()
      }
    } finally {
      await data.remove()
    }
  }
}

export const step = preflight()

/** @returns how long the start took, in milliseconds */
async function untilGood({ host, run, signal }: StepContext, rehearsal: Rehearsal, dataDir: string, limitMs: number) {
  const failingBefore = (await healthNow(host))?.failing.map(({ name }) => name) ?? []
  const startedAt = performance.now()
  const options = {
    release: run.release,
    readyLimitMs: limitMs,
    trialMs: 0,
    failingBefore,
    mayStand: true,
    takesWithinMs: null,
    mayCrash: true,
  }
  const gate = new Gate(options, startedAt)
  let ended: string | null = null
  void rehearsal.ended.then((last) => {
    ended = last
  })
  for (;;) {
    const health = await askHealth(rehearsal.url, dataDir)
    if (ended !== null)
      throw new RedeployError('preflight_crashed', 'release', `it ended when it was rehearsed: ${ended}`)
    const at = performance.now()
    const verdict = gate.take({ at, health, process: null })
    if (verdict.is === 'good') return Math.round(at - startedAt)
    if (verdict.is === 'sick')
      throw new RedeployError(`preflight_${verdict.code}`, 'release', `rehearsed, ${verdict.message}`)
    await delay(LOOK_MS, undefined, { signal })
  }
}
