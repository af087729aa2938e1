import type { Selectable } from 'kysely'

/** Programs that users had run. Times are milliseconds UTC. */
export interface ProgramsTables {
  program_runs: ProgramRunsTable
  program_requests: ProgramRequestsTable
  program_messages: ProgramMessagesTable
}

/** One run of a program. */
export interface ProgramRunsTable {
  /** A UUID: who knows it may read the run where no token is needed. */
  id: string
  /** Its job. */
  job: string
  /** `Caller.account`, or `address:IP` where no token is needed. */
  owner: string
  /** As its user called it. */
  name: string
  mode: string
  language: string
  state: 'QUEUED' | 'RUNNING' | 'SUCCESS' | 'FAILURE'
  /** Exit code; null as long as it runs, and where there is none. */
  status: number | null
  created_at: number
  started_at: number | null
  finished_at: number | null
}

/** What is to be run, as long as a run has not ended. */
export interface ProgramRequestsTable {
  run: string
  /** `ProgramRequest`: a megabyte and more. */
  request_json: string
}

/** What a run has to say, in order. */
export interface ProgramMessagesTable {
  run: string
  /** 0, 1, 2, ...: without a gap, which is what makes it a cursor. */
  seq: number
  type: 'console' | 'stdout' | 'stderr' | 'lab' | 'internal_error'
  /** A line without its end; of `lab`: JSON. */
  data: string
  /** Number of a case of a lab; null elsewhere. */
  ref: string | null
}

export type ProgramRunRow = Selectable<ProgramRunsTable>
export type ProgramMessageRow = Selectable<ProgramMessagesTable>
