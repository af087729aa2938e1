import { onTestFinished } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { type JobHandler, Jobs, type JobsPorts } from '../src/jobs/jobs.ts'
import type { JobKind, Lane } from '../src/jobs/kinds.ts'
import { createLog } from '../src/logging/logging.ts'
import { temporaryFolder } from './temporary-folder.ts'

export function kind(name: string, lane: Lane, more: Partial<JobKind> = {}): JobKind {
  const usual = { title: name, timeLimitMs: 3_600_000, attempts: 3, component: 'jobs', scheduled: null } as const
  return { name, lane, ...usual, ...more }
}

/** What a test says of its jobs; the rest is as usual. */
export interface Given extends Partial<Omit<JobsPorts, 'database' | 'events'>> {
  folder?: string | undefined
}

/** Jobs on a real database: `work`, which is done by the handler, one at a time, and `light`, which does nothing. */
export async function startJobs(work: JobHandler, { folder, ...given }: Given = {}) {
  const dataDir = folder ?? (await temporaryFolder(onTestFinished))
  const database = await openStateDatabase(dataDir)
  const log = createLog('silent')
  const jobs = new Jobs({
    database,
    events: new Events(),
    kinds: [kind('work', 'worker'), kind('light', 'server')],
    handlers: [
      { kind: 'work', run: work },
      { kind: 'light', run: async () => ({}) },
    ],
    canBegin: () => true,
    logOf: () => log,
    clean: (text) => text,
    now: () => Date.now(),
    random: () => 0,
    ...given,
  })
  await jobs.start()
  const close = async () => {
    await jobs.close()
    await database.close()
  }
  onTestFinished(close)
  return { database, jobs, dataDir, close, add: (params = {}) => jobs.create('work', null, params) }
}

export const stateOf = async (jobs: Jobs, id: string) => (await jobs.get(id)).state

export const untilCancelled: JobHandler = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
