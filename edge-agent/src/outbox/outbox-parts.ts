import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ItemFiles } from './files.ts'
import type { OutboxLimits } from './room.ts'

/** What an outbox is made of. */
export interface OutboxParts {
  /** The outbox's own folder; nothing else may live in it. */
  folder: string
  limits: OutboxLimits
  log: Log
  clock?: Clock
  /** Whether the clock is right, so that it tells what is too old. */
  clockIsRight?: () => boolean
  /** The kernel's id of this boot. */
  boot?: string
  /** There is a `fault`, or none any more. */
  onFault?: () => void
  /** The disk; tests hand in one that fails. */
  files?: ItemFiles
}
