import type { Selectable } from 'kysely'
import type { Bit } from './bit.ts'

/** Calls of tasks, and which tasks are run by themselves. Times are milliseconds UTC. */
export interface TasksTables {
  task_runs: TaskRunsTable
  task_triggers: TaskTriggersTable
}

/** One call of a task. */
export interface TaskRunsTable {
  /** Its job, which is its name. */
  job: string
  task: string
  /** The account that asked for it (`Caller.account`), or `schedule:ID`, `trigger:ID`. */
  owner: string
  /** The camera it was run for by itself, or null. */
  camera: string | null
  /** As it was asked for: what the task declares, with pictures as entries of the archive. */
  params_json: string
  /** Null: as its job is. */
  state: 'COMPLETED' | 'FAILED' | null
  /** Of what it failed with; `cancelled`: somebody ended it. */
  code: string | null
  /** Why it failed, or why what came of it is gone; else empty. */
  message: string
  /** The row of `operation_results` with what came of it; null where it has none, or has it no more. */
  result: number | null
  created_at: number
  finished_at: number | null
}

/** A task that is run whenever a camera goes to one of some states. */
export interface TaskTriggersTable {
  id: string
  camera: string
  /** States that it is run on; `[]`: on any. */
  states_json: string
  /** `TaskParams` */
  params_json: string
  owner: string
  paused: Bit
  created_at: number
  /** The job it asked for last. */
  last_job: string | null
}

export type TaskRunRow = Selectable<TaskRunsTable>
export type TaskTriggerRow = Selectable<TaskTriggersTable>
