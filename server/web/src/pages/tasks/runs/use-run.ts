import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ApiError, get, isAway } from '../../../api/client.ts'
import type { TaskRunBody } from '../../../api/task-bodies.ts'
import { useConsole } from '../../../console.ts'
import { isOver } from '../../../jobs/latest-job.ts'
import { useLookedAt } from '../../../use-looked-at.ts'

/** The stream tells of its end; where that is away, it is asked for. */
const ASK_MS = 2_000
/** Addresses of files end after an hour: a page that stands long gets new ones. */
const RENEW_MS = 40 * 60_000

export interface FollowedRun {
  /** Null until it is loaded. */
  run: ReadonlySignal<TaskRunBody | null>
  fault: ReadonlySignal<Error | null>
  load(): Promise<void>
}

/** A run of a task, followed until its end. */
export function useRun(job: string): FollowedRun {
  const { live } = useConsole()
  const run = useSignal<TaskRunBody | null>(null)
  const fault = useSignal<Error | null>(null)
  const load = async () => {
    try {
      run.value = await get<TaskRunBody>(`/api/task-runs/${job}`)
      fault.value = null
    } catch (error) {
      if (isAway(error)) return
      fault.value = error as Error
      // It was removed, perhaps in another tab.
      if (error instanceof ApiError && error.status === 404) run.value = null
    }
  }
  useLookedAt(load, [job])
  const isRunning = run.value !== null && !isOver(run.value)
  useEffect(() => {
    void load()
    const renewing = setInterval(() => void load(), RENEW_MS)
    const end = live.listen((event) => {
      if (event.kind === 'job' && event.data.id === job && isOver(event.data)) void load()
    })
    return () => {
      clearInterval(renewing)
      end()
    }
  }, [job, live.liveness.value])
  useEffect(() => {
    if (!isRunning) return
    const asking = setInterval(() => void load(), ASK_MS)
    return () => clearInterval(asking)
  }, [job, isRunning])
  return { run, fault, load }
}
