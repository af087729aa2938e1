import { ipcParent } from './ipc-parent.ts'
import type { FindSupervisor } from './supervisor.ts'

/** One line for each kind of supervisor. */
export const SUPERVISORS: FindSupervisor[] = [ipcParent]
