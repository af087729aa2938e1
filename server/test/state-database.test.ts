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
  expect(await older.read.selectFrom('readings').selectAll().execute()).toMatchObject([{ ...row, unit: null }])
})

test('which frames of a span of time are labelled is found without a look at all labels', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  for (const table of ['labels', 'borrowed_labels'] as const) {
    const plan = await sql<{ detail: string }>`explain query plan
      select 1 from ${sql.table(table)} where captured_at between 1 and 2`.execute(database.read)
    expect(plan.rows.map(({ detail }) => detail).join()).toMatch(/^SEARCH .*_by_time/)
  }
})

test('operations that have not ended are found without a look at all operations', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const plan = await sql<{ detail: string }>`explain query plan
    select o.id, j.state from operations o left join jobs j on j.id = o.job where o.state is null`.execute(
    database.read,
  )
  expect(plan.rows.map(({ detail }) => detail).join()).toMatch(/^S\w+ o USING INDEX operations_open/)
})
