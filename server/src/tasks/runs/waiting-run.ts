import type { Waiting } from '../../datasessions/execution/waiting.ts'

/** A run that waits for its result, while its job makes it. */
export function waitingRun(job: string): Waiting {
  return {
    async isWaiting(transaction) {
      const row = await transaction
        .selectFrom('task_runs')
        .select('job')
        .where('job', '=', job)
        .where('state', 'is', null)
        .executeTakeFirst()
      return row !== undefined
    },
    async settle(transaction, { finishedAt, ...end }) {
      const change = { ...end, finished_at: finishedAt }
      await transaction.updateTable('task_runs').set(change).where('job', '=', job).execute()
    },
  }
}

/** Of the result of a run: no other run has the same. */
export function keyOfRun(job: string): string {
  return `task:${job}`
}
