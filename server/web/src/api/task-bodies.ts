/** Tasks, runs of them, and when they are run by themselves, as the server answers them. */

import type { OutputFile } from './laboratory-bodies.ts'

/** JSON Schema, as far as a form is made of it. */
export interface TaskSchema {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  examples?: unknown[]
  enum?: unknown[]
  const?: unknown
  anyOf?: TaskSchema[]
  oneOf?: TaskSchema[]
  format?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, TaskSchema>
  items?: TaskSchema
  required?: string[]
}

export interface TaskBody {
  name: string
  title: string | null
  description: string | null
  language: 'typescript' | 'python' | 'executable' | null
  /** Null: it says nothing of its parameters, and takes any. */
  schema: TaskSchema | null
  pictures: TaskPictureParam[] | null
  limits: { ms: number; memoryBytes: number; processes: number; outputBytes: number } | null
  /** Its file or folder. */
  source: string
  /** Of the folder that AJAR_TASKS_DIR names; else it came with ajar. */
  isOperators: boolean
  /** Nobody trusts it: it runs in a box. */
  sandboxed: boolean
  /** Why it cannot be run. */
  error: string | null
}

/** A parameter that is a picture. */
export interface TaskPictureParam {
  name: string
  isList: boolean
  required: boolean
}

export interface TaskRunBody {
  job: string
  task: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Why it failed; of one that is done, why its result is not there any more. */
  error: { code: string; message: string } | null
  params: Record<string, unknown>
  result: TaskResult | null
  files: Omit<OutputFile, 'source'>[]
  /** Readings that it was to write by itself and did not, each with the reason. */
  unwritten: string[]
  /** The camera it was run for by itself. */
  camera: string | null
  createdAt: string
  finishedAt: string | null
}

/** What came of a run, as far as it is shown at once; all of it stands in its files. */
export type TaskResult =
  /** What is too long to stand here is left out. */
  | { kind: 'json'; value: unknown; omitted?: true }
  | { kind: 'table'; columns: TaskColumn[]; rows: unknown[][]; count: number }
  | { kind: 'image'; width: number; height: number }

export interface TaskColumn {
  name: string
  unit?: string | null
  type?: string | null
  description?: string | null
}

/** What a task is told that is run by itself. */
export interface TaskOrder {
  task: string
  params?: Record<string, unknown>
  /** Sensors, and where in the result the value of each stands (RFC 6901). */
  readings?: Record<string, string>
}

/** A task that is run whenever a camera goes to one of some states. */
export interface TaskTriggerBody {
  id: string
  task: string
  params: Record<string, unknown>
  /** Null: every number of the result. */
  readings: Record<string, string> | null
  /** `device/camera` */
  camera: string
  /** None: any. */
  states: string[]
  paused: boolean
  owner: string | null
  createdAt: string
  lastJob: string | null
}
