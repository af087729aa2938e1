import { STEPS, type StepName } from '@ajar/redeploy'
import { ask, publish, reaches } from './ask.ts'
import { NOTHING } from './faults.ts'
import { type KillAt, killAt, killsLeft } from './kill-at-step.ts'
import type { Story } from './play.ts'

/** Stories of a redeployer that is killed -9 while it brings a release that is good. */

/** What was not switched is undone, and what was is finished: it is only asked for once. */
const FIRST_FINISHED = STEPS.indexOf('restart')
/** These take a few milliseconds: a signal from outside comes when it comes. */
const SHORT: StepName[] = ['pending', 'switch', 'restart']

export function killedBySelf(order: KillAt): Story {
  const name = `kill ${order.when} ${order.step}`
  return {
    name,
    play: async (stage) => {
      const tag = await publish(stage, name, NOTHING)
      await killAt(stage.machine, order)
      await ask(stage, { ref: tag })
    },
    afterwards: async ({ machine }) => {
      const left = await killsLeft(machine)
      return left === 0 ? [] : [`${left} of ${order.times} kills did not come`]
    },
    ends: endOf(order.step),
  }
}

/** By a signal from outside, `afterMs` after it has come to the step. */
export function killedFromOutside(step: StepName, afterMs: number): Story {
  const name = `SIGKILL ${afterMs} ms into ${step}`
  return {
    name,
    play: async (stage) => {
      const job = await ask(stage, { ref: await publish(stage, name, NOTHING) })
      await reaches(stage, job, step)
      await stage.machine.shell(
        `sleep ${afterMs / 1000}; systemctl kill --kill-who=main --signal=KILL ajar-redeploy.service || true`,
      )
    },
    ends: SHORT.includes(step) ? ['refused', 'kept'] : endOf(step),
  }
}

function endOf(step: KillAt['step']): 'kept' | 'refused' {
  return step === 'counted' || STEPS.indexOf(step) >= FIRST_FINISHED ? 'kept' : 'refused'
}

/** The redeployer ends in each trial, once it has counted it: a release that has the machine end is no good. */
export const TRIED_IN_VAIN: Story = {
  ...killedBySelf({ step: 'counted', when: 'after', times: 4 }),
  name: 'kill in each trial',
  ends: 'went_back',
  word: 'bad',
}
