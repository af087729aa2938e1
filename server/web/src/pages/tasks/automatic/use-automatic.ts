import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JobBody, List, ScheduleBody } from '../../../api/bodies.ts'
import { get, isAway } from '../../../api/client.ts'
import type { TaskTriggerBody } from '../../../api/task-bodies.ts'
import { useConsole } from '../../../console.ts'
import { isOver } from '../../../jobs/latest-job.ts'
import { type Automatic, automaticOf } from './automatic.ts'

const LATEST_JOBS = 200

export interface AllAutomatic {
  /** Null until they are loaded. */
  all: ReadonlySignal<Automatic[] | null>
  /** The latest jobs of tasks, by id. */
  jobs: ReadonlySignal<ReadonlyMap<string, JobBody>>
  fault: ReadonlySignal<Error | null>
  load(): Promise<void>
}

/** Tasks that are run by themselves, and how the last run of each ended. */
export function useAutomatic(): AllAutomatic {
  const { live } = useConsole()
  const all = useSignal<Automatic[] | null>(null)
  const jobs = useSignal<ReadonlyMap<string, JobBody>>(new Map())
  const fault = useSignal<Error | null>(null)
  const load = async () => {
    try {
      const [schedules, triggers, latest] = await Promise.all([
        get<List<ScheduleBody>>('/api/schedules'),
        get<List<TaskTriggerBody>>('/api/task-triggers'),
        get<List<JobBody>>('/api/jobs', { kind: 'task', limit: LATEST_JOBS }),
      ])
      all.value = automaticOf(schedules.items, triggers.items)
      jobs.value = new Map(latest.items.map((job) => [job.id, job]))
      fault.value = null
    } catch (error) {
      if (!isAway(error)) fault.value = error as Error
    }
  }
  useEffect(() => {
    void load()
    // One that was run has another next time.
    return live.listen(({ kind, data }) => {
      if (kind === 'job' && data.kind === 'task' && (isOver(data) || data.state === 'queued')) void load()
    })
  }, [live.liveness.value])
  return { all, jobs, fault, load }
}
