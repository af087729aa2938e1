import { join } from 'node:path'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { MIGRATIONS } from './migrations.ts'
import type { StateTables } from './schema.ts'
import { SqliteThreadDialect } from './sqlite-dialect.ts'

/** state.db: everything but the frames' bytes. One thread writes, another reads; neither is the event loop. */
export interface StateDatabase {
  /** The only connection that may write. */
  write: Kysely<StateTables>
  read: Kysely<StateTables>
  close(): Promise<void>
}

/** Opens `state.db` in the data folder and brings it to the schema of this release. */
export async function openStateDatabase(dataDir: string): Promise<StateDatabase> {
  const path = join(dataDir, 'state.db')
  const write = new Kysely<StateTables>({ dialect: new SqliteThreadDialect({ path, readOnly: false }) })
  const migrator = new Migrator({ db: write, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error) {
    await write.destroy()
    throw error
  }
  const read = new Kysely<StateTables>({ dialect: new SqliteThreadDialect({ path, readOnly: true }) })
  return {
    write,
    read,
    async close() {
      await read.destroy()
      await write.destroy()
    },
  }
}
