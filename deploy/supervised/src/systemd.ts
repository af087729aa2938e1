import { createRequire } from 'node:module'
import type { Supervisor } from './supervisor.ts'

type Notify = (unsetEnvironment: number, state: string) => number

/** Where systemd does not watch there is nothing to feed. */
const NOBODY_WAITS_MS = 60_000

/**
 * systemd, where the unit is of Type=notify. Its words go to a datagram socket, which Node cannot open: libsystemd sends
 * them, called through koffi. (The program `systemd-notify` is another process, and what it says under `User=` does not count.)
 */
export function systemd(): Supervisor | null {
  const { NOTIFY_SOCKET, SYSTEMD_EXEC_PID, WATCHDOG_USEC } = process.env
  if (!NOTIFY_SOCKET) return null
  // A child of the process that systemd watches: it inherits the names, and is not meant.
  if (SYSTEMD_EXEC_PID && SYSTEMD_EXEC_PID !== String(process.pid)) return null
  const notify = loadNotify()
  if (notify === null) return null
  const watchdogMs = Number(WATCHDOG_USEC ?? 0) / 1000
  return {
    beatEveryMs: watchdogMs > 0 ? watchdogMs / 3 : NOBODY_WAITS_MS,
    ready: () => void notify(0, 'READY=1\nSTATUS=serving'),
    beat: () => void notify(0, 'WATCHDOG=1'),
    stopping: () => void notify(0, 'STOPPING=1\nSTATUS=closing'),
  }
}

function loadNotify(): Notify | null {
  try {
    // Loaded here, not imported: only systemd needs it, and it has no binary for every machine.
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
    return koffi.load('libsystemd.so.0').func('int sd_notify(int unset_environment, const char *state)') as Notify
  } catch (error) {
    process.stderr.write(
      `systemd waits for word from this process, and cannot have it: ${(error as Error).message}. ` +
        'Install koffi and libsystemd0, or set Type=exec and WatchdogSec=0 in the unit.\n',
    )
    return null
  }
}
