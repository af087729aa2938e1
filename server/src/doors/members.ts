import type { StateDatabase } from '../database/state-database.ts'
import type { Member } from './door.ts'

/** Rows of doors' members. */
export class MemberRows {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /** Of all doors, by the door's id; in the order of the sources' names. */
  async load(): Promise<Map<string, Member[]>> {
    // From the writer: they may have been written an instant ago.
    const rows = await this.#database.write.selectFrom('door_members').selectAll().orderBy('source').execute()
    const members = new Map<string, Member[]>()
    for (const { door, source, states_json } of rows) {
      const of = members.get(door) ?? []
      of.push({ source, states: JSON.parse(states_json) })
      members.set(door, of)
    }
    return members
  }

  /** In place of those that the door had. */
  async replace(door: string, members: Member[]): Promise<void> {
    await this.#database.write.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('door_members').where('door', '=', door).execute()
      if (members.length === 0) return
      const rows = members.map(({ source, states }) => ({ door, source, states_json: JSON.stringify(states) }))
      await transaction.insertInto('door_members').values(rows).execute()
    })
  }

  /**
   * Takes away what a server left that died while a source was deleted.
   * @param isThere whether there is a source of this id
   */
  async removeOrphans(isThere: (id: string) => boolean): Promise<void> {
    const rows = [...(await this.load())].flatMap(([door, of]) => of.map(({ source }) => ({ door, source })))
    const gone = new Set(rows.flatMap(({ door, source }) => [door, source]).filter((id) => !isThere(id)))
    for (const id of gone) await this.forget(id)
  }

  /** The source is gone: it sees no door, and is none. */
  async forget(id: string): Promise<void> {
    await this.#database.write
      .deleteFrom('door_members')
      .where(({ eb, or }) => or([eb('source', '=', id), eb('door', '=', id)]))
      .execute()
  }
}
