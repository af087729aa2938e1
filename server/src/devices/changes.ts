import type { Kysely } from 'kysely'
import type { Events } from '../database/events.ts'
import type { StateTables } from '../database/schema.ts'
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
    const told = await untilWritten(() => this.append(this.#database.write, change, author, details))
    told()
  }

  /**
   * Adds the event inside the caller's transaction.
   * @returns what tells of it once that is committed
   */
  async append(
    transaction: Kysely<StateTables>,
    change: CameraChange,
    author: string,
    details: object = {},
  ): Promise<() => void> {
    const rows = await this.#events.append(transaction, [{ kind: 'camera', data: change }])
    return () => {
      this.#log.info({ by: author, ...change, ...details }, `camera ${change.change}`)
      this.#events.publish(rows)
    }
  }
}
