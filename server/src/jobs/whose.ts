import type { JobRow } from '../database/schema.ts'
import type { Caller } from '../http/access.ts'
import { shownJob } from '../http/job-body.ts'

/** What a job of the laboratory is told besides what it does: who called for it. */
export interface CalledBy {
  /** @see Caller.account */
  account: string
}

/** The account that called for a job; null where nobody did, or somebody whose name alone stands in it. */
export function accountOf({ params_json }: Pick<JobRow, 'params_json'>): string | null {
  const { account } = JSON.parse(params_json) as Partial<CalledBy>
  return account ?? null
}

/**
 * Whether a caller may read what a job prints, and why it fails. What an account called for may be about files that are
 * its own, and what is printed may repeat what it was told: that is for whoever called, and for those who run the place.
 */
export function mayRead({ account, role }: Pick<Caller, 'account' | 'role'>, job: JobRow): boolean {
  const own = accountOf(job)
  return own === null || own === account || role === 'operator' || role === 'admin'
}

/** A job as that caller may see it. */
export function jobFor(caller: Caller, job: JobRow) {
  const shown = shownJob(job)
  if (shown.error === null || shown.state === 'cancelled' || mayRead(caller, job)) return shown
  const became = shown.state === 'failed' ? 'failed' : 'did not go well and is tried again'
  return {
    ...shown,
    error: { ...shown.error, message: `the ${titleOf(job)} ${became}: whoever asked for it is told why` },
  }
}

function titleOf({ kind, params_json }: JobRow): string {
  const { task } = JSON.parse(params_json) as { task?: unknown }
  return typeof task === 'string' ? `task ${task}` : kind
}
