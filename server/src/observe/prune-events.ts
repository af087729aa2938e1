import type { StateDatabase } from '../database/state-database.ts'
import { EVENTS_KEPT_MS } from './events.ts'

/** Rows at a time, so that no transaction holds up the recording of results for long. */
const CHUNK = 5000

/** Removes events that nobody can resume from any more. */
export async function pruneEvents({ write }: StateDatabase): Promise<void> {
  for (;;) {
    const { numDeletedRows } = await write
      .deleteFrom('events')
      .where('id', 'in', (select) =>
        select
          .selectFrom('events')
          .select('id')
          .where('at', '<', Date.now() - EVENTS_KEPT_MS)
          .orderBy('id')
          .limit(CHUNK),
      )
      .executeTakeFirstOrThrow()
    if (numDeletedRows < CHUNK) return
  }
}
