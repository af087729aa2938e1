import type { Events } from '../../database/events.ts'
import type { EventRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Log } from '../../logging/levels.ts'
import type { Uploads } from './uploads.ts'

/** Names of uploads that an import is still to read: an upload goes when its job has ended, and not before. */
export async function uploadsOfJobs({ write }: StateDatabase): Promise<string[]> {
  // Asked where rows are written, which sees a job that was made just now.
  const jobs = await write
    .selectFrom('jobs')
    .select('params_json')
    .where('kind', '=', 'import')
    .where('state', 'in', ['queued', 'running'])
    .execute()
  return jobs.map(({ params_json }) => String(JSON.parse(params_json).upload))
}

/** @returns a function that ends it */
export function sweepAfterImports(events: Events, uploads: Pick<Uploads, 'sweep'>, log: Pick<Log, 'warn'>): () => void {
  return events.subscribe((rows) => {
    if (rows.some(isEndOfImport))
      uploads.sweep().catch((err) => log.warn({ err }, 'an upload cannot be removed: the next start tries again'))
  })
}

function isEndOfImport({ kind, data_json }: EventRow): boolean {
  if (kind !== 'job') return false
  const job = JSON.parse(data_json)
  return job.kind === 'import' && !['queued', 'running'].includes(job.state)
}
