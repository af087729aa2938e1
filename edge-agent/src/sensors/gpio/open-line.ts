import type { Clock } from '../../clock.ts'
import { AgentError } from '../../failure.ts'
import type { Log } from '../../log.ts'
import { chipDevices, openChardev } from './chardev.ts'
import type { GpioLine, LineRequest } from './line.ts'
import { hasSysfs, openSysfs } from './sysfs.ts'

/** Which interface of the kernel is used: `auto` is the character device where there is one. */
export const ACCESSES = ['auto', 'chardev', 'sysfs'] as const
export type Access = (typeof ACCESSES)[number]

/** Faults of the character device that the old interface does not have. */
const CURED_BY_SYSFS = ['koffi_missing', 'gpio_old_kernel']

/** Opens an input line; rejects with an `AgentError` that says what to do. */
export async function openLine(
  request: LineRequest,
  access: Access,
  outside: { clock: Clock; log: Log },
): Promise<GpioLine> {
  if (access === 'chardev') return await openChardev(request, outside)
  if (access === 'sysfs') return await openSysfs(request, outside)
  if ((await chipDevices()).length > 0) {
    try {
      return await openChardev(request, outside)
    } catch (error) {
      if (!(error instanceof AgentError && CURED_BY_SYSFS.includes(error.code)) || !hasSysfs()) throw error
      outside.log.info(`${error.message}; it is read through /sys/class/gpio instead`)
    }
  }
  if (hasSysfs()) return await openSysfs(request, outside)
  throw new AgentError(
    'gpio_no_chip',
    'environment',
    'this machine has no GPIO: neither /dev/gpiochip* nor /sys/class/gpio',
  )
}
