import type { Kysely } from 'kysely'
import type { EventRow, StateTables } from './schema.ts'

export type EventKind = EventRow['kind']
const KINDS: Record<EventKind, true> = {
  result: true,
  transition: true,
  device: true,
  camera: true,
  job: true,
  storage: true,
  process: true,
  reading: true,
  sensor: true,
  alert: true,
}
export const EVENT_KINDS = Object.keys(KINDS) as EventKind[]

/** What people are shown as it happens. Events are rows first, so that a listener who lost the line can catch up. */
export class Events {
  readonly #listeners = new Set<(rows: EventRow[]) => void>()

  /**
   * Adds events inside the caller's transaction. Call `publish` with the rows once that is committed.
   */
  async append(
    database: Kysely<StateTables>,
    events: { kind: EventKind; data: object }[],
    at = Date.now(),
  ): Promise<EventRow[]> {
    if (events.length === 0) return []
    return database
      .insertInto('events')
      .values(events.map(({ kind, data }) => ({ at, kind, data_json: JSON.stringify(data) })))
      .returningAll()
      .execute()
  }

  publish(rows: EventRow[]) {
    if (rows.length > 0) for (const listener of this.#listeners) listener(rows)
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: (rows: EventRow[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
