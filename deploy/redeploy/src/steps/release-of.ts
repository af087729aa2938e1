import type { Run } from '../home/run.ts'
import { RedeployError } from '../step.ts'

/** @throws RedeployError where no step has named it */
export function releaseOf({ release }: Readonly<Run>): string {
  if (release === null) throw new RedeployError('no_release', 'environment', 'no release was made')
  return release
}
