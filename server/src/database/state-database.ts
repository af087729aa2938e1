import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
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
  // Asked before the migrator takes the only connection.
  const migrations = await migrationsFor(write)
  const migrator = new Migrator({ db: write, provider: { getMigrations: async () => migrations } })
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

/**
 * The migrations of this release, and an empty one for each that a newer release has done already: they only expand,
 * so this release runs on what they made (guarantee 11).
 */
async function migrationsFor(database: Kysely<StateTables>): Promise<Record<string, Migration>> {
  const table = await sql`select 1 from sqlite_schema where name = ${DEFAULT_MIGRATION_TABLE}`.execute(database)
  if (table.rows.length === 0) return MIGRATIONS
  const done = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(database)
  const nothing: Migration = { up: async () => {} }
  return { ...Object.fromEntries(done.rows.map(({ name }) => [name, nothing])), ...MIGRATIONS }
}
