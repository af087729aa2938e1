import type { Kysely } from 'kysely'
import type { StateTables } from '../../database/schema.ts'

/** How a wait ends. */
export interface End {
  state: 'COMPLETED' | 'FAILED'
  message: string
  /** The row of `operation_results`; null where there is none. */
  result: number | null
  /** Milliseconds UTC. */
  finishedAt: number
}

/** Something that waits for a result, while a job makes it: both are asked and done in the transaction of the result's rows. */
export interface Waiting {
  isWaiting(transaction: Kysely<StateTables>): Promise<boolean>
  settle(transaction: Kysely<StateTables>, end: End): Promise<void>
}

/** Somebody removed what waited, or asked for something else in its place. */
export class NobodyWaits extends Error {
  readonly code = 'nobody_waits'
  constructor() {
    super('what waited for it was removed, or changed, meanwhile')
  }
}

/** An operation that waits for its result, while this job does it. */
export function waitingOperation(operation: number, job: string): Waiting {
  return {
    async isWaiting(transaction) {
      const row = await transaction
        .selectFrom('operations')
        .select('id')
        .where('id', '=', operation)
        .where('job', '=', job)
        .where('state', 'is', null)
        .executeTakeFirst()
      return row !== undefined
    },
    async settle(transaction, { finishedAt, ...end }) {
      const change = { ...end, finished_at: finishedAt }
      await transaction.updateTable('operations').set(change).where('id', '=', operation).execute()
    },
  }
}
