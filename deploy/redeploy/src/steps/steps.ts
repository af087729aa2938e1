import type { Step } from '../step.ts'
import type { StepName } from '../step-names.ts'
import { step as exportCommit } from './export.ts'
import { step as fetch } from './fetch.ts'
import { step as install } from './install.ts'
import { step as keep } from './keep.ts'
import { step as pending } from './pending.ts'
import { step as preflight } from './preflight.ts'
import { step as restart } from './restart.ts'
import { step as switchOver } from './switch.ts'
import { step as trial } from './trial.ts'
import { step as verify } from './verify.ts'

export type StepList = Record<StepName, Step>

/** What each step does. */
export const STEP_LIST: StepList = {
  fetch,
  verify,
  export: exportCommit,
  install,
  preflight,
  pending,
  switch: switchOver,
  restart,
  trial,
  keep,
}
