import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'
import type { Log } from '../logging/levels.ts'

/** What became of a camera, as those who watch are told: event `camera` with `{camera, change, to?}`. */
export interface CameraChange {
  camera: string
  change: 'changed' | 'renamed' | 'deleted' | 'purged'
  /** The new name of one that was renamed. */
  to?: string
}

/** Tells those who watch, and the log who did it. */
export class CameraChanges {
  readonly #database: StateDatabase
  readonly #events: Events
  readonly #log: Log

  constructor({ database, events, log }: { database: StateDatabase; events: Events; log: Log }) {
    this.#database = database
    this.#events = events
    this.#log = log
  }

  /** @param details what else the log says of it */
  async tell(change: CameraChange, author: string, details: object = {}) {
    this.#log.info({ by: author, ...change, ...details }, `camera ${change.change}`)
    const rows = await untilWritten(() => this.#events.append(this.#database.write, [{ kind: 'camera', data: change }]))
    this.#events.publish(rows)
  }
}
