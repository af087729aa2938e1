import type { ScheduleBody } from '../../../api/bodies.ts'
import type { TaskOrder, TaskTriggerBody } from '../../../api/task-bodies.ts'
import { cronInWords, statesInWords } from './times.ts'

/** A task that is run by itself: at times, or on a change of state. */
export interface Automatic extends TaskOrder {
  /** Where it is changed and deleted. */
  path: string
  camera: string
  /** In words. */
  when: string
  /** Its zone, where it is run at times. */
  timezone: string | null
  nextAt: string | null
  paused: boolean
  lastJob: string | null
}

export function automaticOf(schedules: readonly ScheduleBody[], triggers: readonly TaskTriggerBody[]): Automatic[] {
  const timed = schedules
    .filter(({ kind }) => kind === 'task')
    .map(({ id, camera, cron, timezone, nextAt, paused, lastJob, params }): Automatic => {
      const order = params as unknown as TaskOrder
      const path = `/api/schedules/${id}`
      return { ...order, path, camera: camera ?? '', when: cronInWords(cron), timezone, nextAt, paused, lastJob }
    })
  const onStates = triggers.map(({ id, states, camera, task, params, readings, paused, lastJob }): Automatic => {
    const order = { task, params, ...(readings ? { readings } : {}) }
    const path = `/api/task-triggers/${id}`
    return { ...order, path, camera, when: statesInWords(states), timezone: null, nextAt: null, paused, lastJob }
  })
  return [...timed, ...onStates]
}

/** Which readings it writes. */
export function readingsInWords({ readings }: TaskOrder): string {
  if (!readings) return 'each number of its result becomes a reading'
  const names = Object.keys(readings)
  return names.length === 0 ? 'writes no reading' : `writes ${names.join(', ')}`
}
