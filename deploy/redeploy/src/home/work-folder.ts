import { join } from 'node:path'
import type { StepContext } from '../step.ts'

/** Where the files of what is to run are laid out and installed. */
export function workFolderOf({ home, run }: Pick<StepContext, 'home' | 'run'>): string {
  return join(home.work, run.job)
}
