import { changePending } from '../home/pending.ts'
import type { Step } from '../step.ts'

/** Starts the new release. A kill before the phase is written has it started once more. */
export const step: Step = async ({ home, host, change }) => {
  const startedAt = performance.now()
  await host.restart({ force: false })
  changePending(home, { phase: 'trial' })
  change({ downMs: Math.round(performance.now() - startedAt) })
}
