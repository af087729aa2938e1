import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { DataSessionRow } from '../../database/schema-laboratory.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Caller } from '../../http/access.ts'
import { type Entry, MOST_ENTRIES } from '../entries.ts'
import { firstWithin, MOST_PAGE_BYTES, sessionBytes } from '../execution/operation-sizes.ts'
import { DetailError, FieldErrors } from '../field-errors.ts'
import type { PageAsked } from './page.ts'
import { type Filters, matching } from './session-filters.ts'
import { withoutDuplicates } from './without-duplicates.ts'

export interface SessionsPorts {
  database: StateDatabase
  /** Entries with their queries made frames. @throws FieldErrors */
  expand(account: string, field: string, entries: readonly Entry[]): Promise<Entry[]>
  /** Ends and removes all operations of a session. */
  removeOperations(session: number): Promise<void>
  /** Milliseconds UTC. */
  now(): number
}

/** Of one account. */
const MOST_SESSIONS = 10_000
/** Of one session. */
const MOST_BYTES = 4 * 1024 * 1024
/** Whoever looks again and again is noted this often. */
const ACCESS_MS = 60_000

/** Data sessions: found by who may read them, changed by whose they are. */
export class Sessions {
  readonly #ports: SessionsPorts

  constructor(ports: SessionsPorts) {
    this.#ports = ports
  }

  /** A page of those that the caller may read, the newest modified first, and how many there are. */
  async list(caller: Caller, filters: Filters, { limit, offset }: PageAsked) {
    const { read } = this.#ports.database
    const found = read.selectFrom('data_sessions').where(matching(filters, isAdmin(caller) ? null : caller.account))
    const { count } = await found.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
    const sizes = await found
      .select(['id', sessionBytes.as('bytes')])
      .orderBy('modified_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute()
    const ids = firstWithin(MOST_PAGE_BYTES, sizes)
    const rows =
      ids.length === 0 ? [] : await read.selectFrom('data_sessions').selectAll().where('id', 'in', ids).execute()
    const byId = new Map(rows.map((row) => [row.id, row]))
    return { count, rows: ids.flatMap((id) => byId.get(id) ?? []) }
  }

  /** One that the caller may read and remove. @throws DetailError 404 */
  async readable(caller: Caller, id: string): Promise<DataSessionRow> {
    const row = /^\d{1,15}$/.test(id) ? await this.#find(this.#ports.database.write, Number(id)) : undefined
    if (!row || (row.owner !== caller.account && !isAdmin(caller))) throw noSession()
    return row
  }

  /** One that is the caller's own. @throws DetailError 404, of an admin who may only read it 403 */
  async own(caller: Caller, id: string): Promise<DataSessionRow> {
    const row = await this.readable(caller, id)
    if (row.owner !== caller.account) throw new DetailError(403, 'You do not have permission to perform this action.')
    return row
  }

  /** Notes that it was looked at. */
  async looked({ id, accessed_at }: DataSessionRow): Promise<void> {
    const { database, now } = this.#ports
    if (now() - accessed_at < ACCESS_MS) return
    await database.write
      .updateTable('data_sessions')
      .set({ accessed_at: now() })
      .where('id', '=', id)
      .execute()
      .catch(() => {}) // the disk refuses: that is no reason not to show it
  }

  async create(caller: Caller, name: string, entries: readonly Entry[]): Promise<DataSessionRow> {
    const { database, expand, now } = this.#ports
    const input = asJson(withoutDuplicates([], await expand(caller.account, 'input_data', entries)))
    return database.write.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom('data_sessions')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('owner', '=', caller.account)
        .executeTakeFirstOrThrow()
      if (count >= MOST_SESSIONS)
        throw new DetailError(409, `There are ${MOST_SESSIONS} data sessions already: delete some first.`)
      const at = now()
      return transaction
        .insertInto('data_sessions')
        .values({
          ...{ owner: caller.account, user: caller.name, name, input_json: input },
          ...{ created_at: at, accessed_at: at, modified_at: at },
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }

  /** Another name, and more entries: those that it has already are not added again. */
  async change({ id, owner }: DataSessionRow, name: string | undefined, entries: readonly Entry[] | undefined) {
    const { database, expand, now } = this.#ports
    const added = await expand(owner, 'input_data', entries ?? [])
    return database.write.transaction().execute(async (transaction) => {
      const row = await this.#find(transaction, id)
      if (!row) throw noSession()
      const input = added.length === 0 ? row.input_json : asJson(withoutDuplicates(JSON.parse(row.input_json), added))
      return transaction
        .updateTable('data_sessions')
        .set({ ...(name === undefined ? {} : { name }), input_json: input, accessed_at: now(), modified_at: now() })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }

  /** With all its operations, also those that somebody asks for meanwhile. */
  async remove({ id }: DataSessionRow): Promise<void> {
    const { database, removeOperations } = this.#ports
    await removeOperations(id)
    const { numDeletedRows } = await database.write.deleteFrom('data_sessions').where('id', '=', id).executeTakeFirst()
    // None begins in a session that is gone.
    await removeOperations(id)
    if (numDeletedRows === 0n) throw noSession()
  }

  #find(database: Kysely<StateTables>, id: number): Promise<DataSessionRow | undefined> {
    return database.selectFrom('data_sessions').selectAll().where('id', '=', id).executeTakeFirst()
  }
}

export const noSession = () => new DetailError(404, 'No DataSession matches the given query.')

function isAdmin({ role }: Caller): boolean {
  return role === 'admin'
}

function asJson(entries: readonly Entry[]): string {
  if (entries.length > MOST_ENTRIES)
    throw new FieldErrors({ input_data: [`Ensure this field has no more than ${MOST_ENTRIES} elements.`] })
  const json = JSON.stringify(entries)
  if (Buffer.byteLength(json) > MOST_BYTES)
    throw new FieldErrors({ input_data: [`All entries together may have ${MOST_BYTES} bytes of JSON at most.`] })
  return json
}
