import { execFileSync } from 'node:child_process'
import { constants, setPriority } from 'node:os'

/**
 * From here on this process has the processor after everybody else, and so the disk where that knows priorities: the lowest
 * that gets a turn at all. Where the program is not there, the rests do.
 */
export function giveWay() {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  try {
    execFileSync('ionice', ['-c', '2', '-n', '7', '-p', String(process.pid)], { stdio: 'ignore' })
  } catch {
    // a system without util-linux
  }
}
