import { pendingOf } from '../home/pending.ts'
import { RedeployError, type Step } from '../step.ts'
import { watchServer } from '../trial/watch.ts'

/** Devices that lost their server, and wait ever longer before they try again, are back within this. */
const DEVICES_BACK_MS = 60_000

/** The new release answers well for a while, or it is no good. */
export function trial(devicesBackMs = DEVICES_BACK_MS): Step {
  return async ({ home, host, settings, run, change, log, signal }) => {
    const { release, readyLimitMs, failingBefore, stoodBefore, tookBefore, attempts } = pendingOf(home)
    const { trialMs } = settings
    let isReady = false
    const options = {
      release,
      readyLimitMs,
      trialMs,
      failingBefore,
      mayStand: stoodBefore,
      takesWithinMs: tookBefore ? devicesBackMs : null,
      mayCrash: false,
    }
    const { verdict, downMs } = await watchServer(host, options, signal, () => {
      if (!isReady) log('info', `it answers well; on trial for ${trialMs / 1000} s`)
      isReady = true
    })
    // Taken up again, nobody knows what was before.
    change({ downMs: attempts > 0 ? null : Math.round((run.downMs ?? 0) + downMs) })
    if (verdict.is === 'sick') throw new RedeployError(verdict.code, 'release', verdict.message)
  }
}

export const step = trial()
