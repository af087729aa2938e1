import { type Kysely, sql } from 'kysely'
import type { JobRow, StateTables } from '../database/schema.ts'
import { conflict } from '../http/errors.ts'

/**
 * A job ends with the cameras that it began with: they stay what they are until then, and so do those whose labels a
 * training or an embedding borrowed, or that follow what is trained.
 * @throws HttpError 409 `job_runs`
 */
export async function refuseDuringJobs(database: Kysely<StateTables>, cameras: string[]): Promise<void> {
  const names = sql.join(cameras)
  const { rows } = await sql<Pick<JobRow, 'id' | 'kind' | 'camera'>>`
    select id, kind, camera from jobs
    where state in ('queued', 'running') and (
      camera in (${names})
      or kind in ('training', 'embedding') and camera in (select camera from borrowed_labels where source in (${names}))
      or kind = 'training' and camera in (select follows from cameras where id in (${names})))
    limit 1`.execute(database)
  const [job] = rows
  if (!job) return
  const { id, kind, camera } = job
  throw conflict('job_runs', `the ${kind} ${id} of ${camera} has not ended: wait, or cancel that job`)
}
