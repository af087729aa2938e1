import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Logging } from '../logging/logging.ts'
import { Jobs, type JobsPorts } from './jobs.ts'
import { JOB_KINDS } from './kinds.ts'
import { JobPruning } from './pruning.ts'
import { BY_WORKERS, hasRoom } from './room.ts'
import { Firing } from './schedules/firing.ts'
import { Schedules, type SchedulesPorts } from './schedules/schedules.ts'
import type { Workers } from './worker/workers.ts'

export interface JobsParts extends Pick<JobsPorts, 'handlers'>, Pick<SchedulesPorts, 'requireCamera' | 'check'> {
  database: StateDatabase
  events: Events
  logging: Logging
  /** Asks for nothing and lets nothing go by itself: the server only shows that it starts. */
  isRehearsal: boolean
  /** Who does jobs of the lanes `worker` and `laboratory`. */
  workers: Pick<Workers, 'ready' | 'count'>
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
export function openJobs({ handlers, workers, requireCamera, check, isRehearsal, ...parts }: JobsParts): OpenedJobs {
  const { database, events, logging } = parts
  const shared = { database, kinds: JOB_KINDS, log: logging.of('jobs'), now: () => Date.now() }
  const jobs = new Jobs({
    ...{ ...shared, events, handlers, canBegin: (lane) => !isRehearsal && (workers.ready || !BY_WORKERS.has(lane)) },
    hasRoom: (lane, counts) => hasRoom(lane, counts, workers.count),
    logOf: (component) => logging.of(component),
    clean: (text) => logging.clean(text) ?? '',
    random: () => Math.random(),
  })
  const firing = new Firing({ ...shared, jobs })
  const pruning = new JobPruning(shared)
  return {
    jobs,
    schedules: new Schedules({ ...shared, requireCamera, check, onChanged: () => firing.wake() }),
    async start() {
      await jobs.start()
      if (isRehearsal) return
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
