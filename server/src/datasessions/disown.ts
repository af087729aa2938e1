import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../database/schema.ts'

/** What an account owned in the laboratory, and its runs of tasks, is nobody's any more, and shown to admins alone: whoever gets its name later has none of it. */
export async function disown(transaction: Kysely<StateTables>, account: string): Promise<void> {
  const owner = `gone:${randomUUID()}`
  for (const table of ['data_sessions', 'operations', 'laboratory_files', 'task_runs'] as const)
    await transaction.updateTable(table).set({ owner }).where('owner', '=', account).execute()
  await sql`update jobs set params_json = json_set(params_json, '$.account', ${owner})
    where json_extract(params_json, '$.account') = ${account}`.execute(transaction)
}
