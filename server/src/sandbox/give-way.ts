import { constants, setPriority } from 'node:os'
import { descriptors } from './pipes.ts'

/**
 * Has a process that has just begun, and all that it starts, have the disk when nobody else wants it, and a processor after
 * whoever else wants one. Disks know of that where their scheduler does: mq-deadline and bfq.
 * @param isWeighted its cgroup has its share of the processor already
 */
export function giveWay(pid: number, { isWeighted }: { isWeighted: boolean }): void {
  descriptors().makeIdleForDisks(pid)
  if (isWeighted) return
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // it ended
  }
}
