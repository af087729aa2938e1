import { STEPS } from '@ajar/redeploy'
import { killedBySelf, killedFromOutside, TRIED_IN_VAIN } from './kills.ts'
import type { Story } from './play.ts'
import {
  BACK,
  BUILT_HERE,
  CRASH,
  CRASH_REHEARSED,
  EXPANDS_AT_TERMINAL,
  FOREIGN,
  GOOD,
  HANGS,
  MIGRATION_FAILING,
  NEVER_READY,
  NEVER_READY_REHEARSED,
  NO_REF,
  NO_REF_AT_TERMINAL,
  POWER_CUT,
  REPLAYED,
  SICK_AT_ONCE,
  SICK_LATER,
  TWO_AT_ONCE,
  UNBUILDABLE_HERE,
  UNSIGNED,
} from './stories.ts'

/**
 * Which stories are told, in order: each begins with the release with which the one before it ended. The short form shows
 * once what only a real systemd and a real server can show; which signatures and faults there are, and kills anywhere, are
 * told in deploy/redeploy/test/ too.
 */
export const SHORT_FORM: Story[] = [
  TWO_AT_ONCE,
  FOREIGN,
  CRASH_REHEARSED,
  MIGRATION_FAILING,
  HANGS,
  SICK_LATER,
  NO_REF,
  EXPANDS_AT_TERMINAL,
  BACK,
  // It is undone, and it is finished.
  ...(['switch', 'restart'] as const).map((step) => killedBySelf({ step, when: 'after', times: 1 })),
  POWER_CUT,
]

/** For so long after the beginning of a step a signal comes, in milliseconds. */
const DELAYS = [0, 200, 1000]

export const LONG_FORM: Story[] = [
  ...SHORT_FORM,
  NO_REF_AT_TERMINAL,
  GOOD,
  UNBUILDABLE_HERE,
  UNSIGNED,
  REPLAYED,
  CRASH,
  SICK_AT_ONCE,
  NEVER_READY,
  BUILT_HERE,
  NEVER_READY_REHEARSED,
  TRIED_IN_VAIN,
  ...STEPS.map((step) => killedBySelf({ step, when: 'after', times: 1 })),
  ...STEPS.map((step) => killedBySelf({ step, when: 'before', times: 1 })),
  ...STEPS.flatMap((step) => DELAYS.map((delay) => killedFromOutside(step, delay))),
]
