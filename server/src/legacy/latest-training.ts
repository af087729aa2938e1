import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'

/**
 * The latest training, from its row, so that it is known after a restart too. A cancelled one is as if it had not been.
 * @param states of which trainings
 * @param camera of all cameras where it is undefined
 */
export function latestTraining(
  database: StateDatabase,
  states: JobRow['state'][],
  camera: string | undefined,
): Promise<JobRow | undefined> {
  return database.read
    .selectFrom('jobs')
    .selectAll()
    .where('kind', '=', 'training')
    .where('state', 'in', states)
    .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? null))
    .orderBy('created_at', 'desc')
    .orderBy((at) => at.fn.coalesce('started_at', at.val(Number.MAX_SAFE_INTEGER)), 'desc') // who waits came later
    .limit(1)
    .executeTakeFirst()
}
