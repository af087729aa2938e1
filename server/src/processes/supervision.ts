import { join } from 'node:path'
import { watchUnitAlarms } from './unit-alarms.ts'

/** Whoever starts this process again when it ends. */
export interface Supervision {
  /** Has it restart one of the processes that it tells of. */
  restart(name: string): void
  /** @param take told each of its messages, whatever they say */
  listen(take: (message: unknown) => void): void
}

/**
 * @param dataDir where systemd's alarms are left
 * @param end ends this process in order
 */
export function findSupervision(dataDir: string, end: () => void): Supervision | null {
  if (process.connected)
    return {
      // Where it has just gone we end anyway.
      restart: (restart) => void process.send?.({ restart }, () => {}),
      listen: (take) => void process.on('message', take),
    }
  // The unit restarts what ends, so an end in order is all that is needed; it tells us nothing but that one gave up.
  if (process.env.NOTIFY_SOCKET)
    return { restart: end, listen: (take) => watchUnitAlarms(join(dataDir, 'run', 'alarms'), take) }
  return null
}
