import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Logging } from '../logging/logging.ts'
import { Jobs, type JobsPorts } from './jobs.ts'
import { JOB_KINDS } from './kinds.ts'
import { JobPruning } from './pruning.ts'
import { Firing } from './schedules/firing.ts'
import { Schedules, type SchedulesPorts } from './schedules/schedules.ts'

export interface JobsParts extends Pick<JobsPorts, 'handlers' | 'canBegin'>, Pick<SchedulesPorts, 'requireCamera'> {
  database: StateDatabase
  events: Events
  logging: Logging
}

/** Jobs, what asks for them again and again, and what lets them go. */
export interface OpenedJobs {
  jobs: Jobs
  schedules: Schedules
  /** @throws Error where a kind of job has no handler, or two */
  start(): Promise<void>
  close(): Promise<void>
}

/** They wait for `start`. */
export function openJobs({ handlers, canBegin, requireCamera, database, events, logging }: JobsParts): OpenedJobs {
  const shared = { database, kinds: JOB_KINDS, log: logging.of('jobs'), now: () => Date.now() }
  const jobs = new Jobs({
    ...{ ...shared, events, handlers, canBegin },
    logOf: (component) => logging.of(component),
    clean: (text) => logging.clean(text) ?? '',
    random: () => Math.random(),
  })
  const firing = new Firing({ ...shared, jobs })
  const pruning = new JobPruning(shared)
  return {
    jobs,
    schedules: new Schedules({ ...shared, requireCamera, onChanged: () => firing.wake() }),
    async start() {
      await jobs.start()
      firing.start()
      pruning.start()
    },
    async close() {
      await pruning.close()
      await firing.close()
      await jobs.close()
    },
  }
}
