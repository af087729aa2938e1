import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { StateTables } from './schema.ts'

const ATTEMPTS = 20
const RETRY_MS = 250

/**
 * Brings all that is committed into state.db itself and empties its journal, which else holds rows that were removed.
 * @throws where somebody reads an older state for that long
 */
export async function emptyJournal(write: Kysely<StateTables>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(write)
    if (rows[0]?.busy === 0) return
    await sleep(RETRY_MS)
  }
  throw new Error('state.db is being read for too long to overwrite what was removed: end who reads it, then ask again')
}
