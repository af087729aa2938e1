import type { JobBody } from '../../api/bodies.ts'
import type { JobEvent } from '../../api/events.ts'
import { isOver } from '../../jobs/latest-job.ts'

const KINDS: Record<string, string> = {
  import: 'Import of labels',
  influx_backfill: 'Backfill of InfluxDB',
}

/** What kind of work it is; kinds of servers newer than this page are said as they are called. */
export function kindInWords({ kind }: Pick<JobBody, 'kind'>): string {
  const words = kind.replaceAll('_', ' ')
  return KINDS[kind] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** Once the redeployer has taken it, a redeploy ends by itself, one way or the other. */
export const canBeCancelled = ({ kind }: Pick<JobBody, 'kind'>) => kind !== 'redeploy'

const STATES: Record<JobBody['state'], string> = {
  queued: 'waits for its turn',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** @param now milliseconds UTC: one may be put off */
export function jobStateInWords({ state, runAt }: Pick<JobBody, 'state' | 'runAt'>, now: number): string {
  return state === 'queued' && runAt !== null && Date.parse(runAt) > now ? 'waits until' : STATES[state]
}

/** A job with what was heard of it since it was asked for; its end comes with the job only. */
export function withNews(job: JobBody, heard: JobEvent | undefined): JobBody {
  if (!heard || isOver(job) || isOver(heard)) return job
  return { ...job, state: heard.state, phase: heard.phase, progress: heard.progress }
}

/** Those that are not over yet first, each once; the order is else as given. */
export function inOrder(current: JobBody[], recent: JobBody[]): JobBody[] {
  const known = new Set(current.map(({ id }) => id))
  return [...current, ...recent.filter(({ id }) => !known.has(id))]
}
