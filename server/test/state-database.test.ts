import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a state.db that a newer release has migrated opens: one can always go back', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const newer = await openStateDatabase(folder)
  await sql`alter table readings add column unit text`.execute(newer.write)
  await sql`insert into kysely_migration (name, timestamp) values ('999-units', '2030-01-01T00:00:00.000Z')`.execute(
    newer.write,
  )
  await newer.close()
  const older = await openStateDatabase(folder)
  onTestFinished(() => older.close())
  const row = { device: 'pi', sensor: 'door', at: 1, received_at: 1, value_json: '1' }
  await older.write.insertInto('readings').values(row).execute()
  expect(await older.read.selectFrom('readings').selectAll().execute()).toEqual([{ ...row, unit: null }])
})
