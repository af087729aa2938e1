import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Span } from './camera-rows.ts'
import type { StateTables } from './schema.ts'

const ROWS_AT_ONCE = 5000

/**
 * Where frames of a camera, or the times of its states, are named besides its own rows: events that are kept for those who
 * come back, alerts, and points that wait for InfluxDB.
 */
export class Mentions {
  readonly #database: Kysely<StateTables>
  readonly #names: string[]
  readonly #span: Span
  /** Rows up to here were looked at. */
  readonly #seen = { events: 0, influx_outbox: 0 }

  /** @param names the camera's name, and those that it had */
  constructor(database: Kysely<StateTables>, names: string[], span: Span) {
    this.#database = database
    this.#names = names
    this.#span = span
  }

  /** Removes those that are there; called again, those that came since. */
  async remove(signal?: AbortSignal) {
    const names = sql.join(this.#names)
    const said = (path: string) => sql`json_extract(data_json, ${path})`
    const within = (time: ReturnType<typeof said>) =>
      sql`(${time} >= ${this.#span.from} and ${time} < ${this.#span.to})`
    const frameAt = sql`cast(substr(${said('$.frame')}, length(${said('$.camera')}) + 2) as integer)`
    await this.#removeFrom(
      'events',
      sql`kind in ('result', 'transition') and ${said('$.camera')} in (${names})
        and (${said('$.frame')} is not null and ${within(frameAt)}
          or ${within(said('$.at'))} or ${within(said('$.recomputedFrom'))})
        or kind = 'alert' and ${said('$.subject')} in (${names})
          and ${within(sql`round(unixepoch(${said('$.since')}, 'subsec') * 1000)`)}`,
      signal,
    )
    // An alert that stands ends first: who was told of it is told of that, too.
    await sql`
      delete from alerts
       where subject in (${names}) and resolved_at is not null and ${within(sql`since`)}`.execute(this.#database)
    const point = (path: string) => sql`json_extract(point_json, ${path})`
    await this.#removeFrom(
      'influx_outbox',
      sql`${point('$.tags.device')} || '/' || ${point('$.tags.camera')} in (${names})
        and ${within(point('$.timestamp'))}`,
      signal,
    )
  }

  async #removeFrom(table: 'events' | 'influx_outbox', mention: ReturnType<typeof sql>, signal?: AbortSignal) {
    const ends = await this.#database
      .selectFrom(table)
      .select(({ fn }) => [fn.min('id').as('first'), fn.max('id').as('last')])
      .executeTakeFirst()
    const last = ends?.last ?? 0
    let seen = Math.max(this.#seen[table], (ends?.first ?? 0) - 1)
    for (; seen < last; await nextTurn()) {
      signal?.throwIfAborted()
      const to = Math.min(seen + ROWS_AT_ONCE, last)
      await sql`delete from ${sql.table(table)} where id > ${seen} and id <= ${to} and ${mention}`.execute(
        this.#database,
      )
      seen = to
    }
    this.#seen[table] = seen
  }
}
