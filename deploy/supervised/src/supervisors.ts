import { ipcParent } from './ipc-parent.ts'
import type { FindSupervisor } from './supervisor.ts'
import { systemd } from './systemd.ts'

/** One line for each kind of supervisor. */
export const SUPERVISORS: FindSupervisor[] = [ipcParent, systemd]
