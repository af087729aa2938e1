import type { Events } from '../../database/events.ts'
import type { EventRow, JobRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Log } from '../../logging/levels.ts'

/**
 * Writes down how operations and runs of tasks ended whose jobs ended without a result: jobs go after a while, and those stay.
 * @param now milliseconds UTC
 */
export async function settleEnded(database: StateDatabase, now: number): Promise<void> {
  await settleOperations(database, now)
  await settleRuns(database, now)
}

async function settleOperations({ write }: StateDatabase, now: number) {
  const ended = await write
    .selectFrom('operations as o')
    .leftJoin('jobs as j', 'j.id', 'o.job')
    .select(['o.id', 'j.state', 'j.error_json', 'j.finished_at'])
    .where('o.state', 'is', null)
    .where(({ or, eb }) => or([eb('j.id', 'is', null), eb('j.state', 'in', ['failed', 'cancelled', 'done'])]))
    .execute()
  for (const { id, state, error_json, finished_at } of ended) {
    const { message } = endOf(state, error_json)
    await write
      .updateTable('operations')
      .set({ state: 'FAILED', message, finished_at: finished_at ?? now })
      .where('id', '=', id)
      .where('state', 'is', null)
      .execute()
  }
}

async function settleRuns({ write }: StateDatabase, now: number) {
  const ended = await write
    .selectFrom('task_runs as r')
    .leftJoin('jobs as j', 'j.id', 'r.job')
    .select(['r.job', 'j.state', 'j.error_json', 'j.finished_at'])
    .where('r.state', 'is', null)
    .where(({ or, eb }) => or([eb('j.id', 'is', null), eb('j.state', 'in', ['failed', 'cancelled', 'done'])]))
    .execute()
  for (const { job, state, error_json, finished_at } of ended)
    await write
      .updateTable('task_runs')
      .set({ state: 'FAILED', ...endOf(state, error_json), finished_at: finished_at ?? now })
      .where('job', '=', job)
      .where('state', 'is', null)
      .execute()
}

function endOf(state: JobRow['state'] | null, errorJson: string | null): { code: string; message: string } {
  if (state === 'cancelled') return { code: 'cancelled', message: 'cancelled' }
  const said: { code?: string; message?: string } = errorJson === null ? {} : JSON.parse(errorJson)
  const unknown = 'what became of its job is not known any more: ask for it again'
  return { code: said.code || 'unknown', message: said.message || unknown }
}

/** Does so whenever such a job ends. @returns a function that ends it */
export function settleAsTheyEnd(events: Events, database: StateDatabase, log: Pick<Log, 'warn'>): () => void {
  return events.subscribe((rows) => {
    if (rows.some(isEnd))
      settleEnded(database, Date.now()).catch((err) =>
        log.warn({ err }, 'how an operation or a run ended is written later'),
      )
  })
}

function isEnd({ kind, data_json }: EventRow): boolean {
  if (kind !== 'job') return false
  const job = JSON.parse(data_json)
  return ['operation', 'task'].includes(job.kind) && ['failed', 'cancelled', 'done'].includes(job.state)
}
