import type { Generated, Selectable } from 'kysely'

/** Data sessions, their operations, and what came of those. Times are milliseconds UTC. */
export interface LaboratoryTables {
  data_sessions: DataSessionsTable
  laboratory_files: LaboratoryFilesTable
  operation_results: OperationResultsTable
  operations: OperationsTable
  result_cameras: ResultCamerasTable
}

export interface DataSessionsTable {
  id: Generated<number>
  /** The account whose it is (`Caller.account`). */
  owner: string
  /** The owner's name, as it is shown. */
  user: string
  name: string
  /** `[{"type","source","basename"}, ...]`: what operations may take. */
  input_json: string
  created_at: number
  /** When it was read or changed last. */
  accessed_at: number
  modified_at: number
}

export interface OperationsTable {
  id: Generated<number>
  session: number
  /** The session's, whose rights it has. */
  owner: string
  name: string
  /** As it was asked for. */
  input_json: string
  /** The job that does it; null where a result was there already. */
  job: string | null
  /** `operationCacheKey` of what was asked for. */
  cache_key: string
  /** Null: as its job is. */
  state: 'COMPLETED' | 'FAILED' | null
  message: Generated<string>
  /** The row of `operation_results` that it ended with; null where it has none yet, or failed for a reason that may pass. */
  result: number | null
  created_at: number
  finished_at: number | null
}

/** What an operation on given inputs comes to: computed once, shown to whoever may read those inputs. */
export interface OperationResultsTable {
  id: Generated<number>
  /** Of the operation, what it was told, and what its inputs hold: see `result-key.ts`. */
  cache_key: string
  operation: string
  /** `FAILED`: the inputs are at fault, and are again. */
  state: 'COMPLETED' | 'FAILED'
  message: string
  /** `{"files":["basename", ...],"data":[...]|null}` */
  output_json: string
  /** Of all its files. */
  bytes: number
  created_at: number
  /** When it was last the answer to somebody. */
  used_at: number
}

/** Frames of one camera that a result was made of, also by way of other results: it goes when one of them is purged. */
export interface ResultCamerasTable {
  result: number
  camera: string
  /** Capture times, milliseconds UTC, inclusive. */
  first: number
  last: number
  /** All capture times in order: the first, then how much later each other one is than the one before. */
  times_json: string
}

/** A file of the laboratory: one that somebody uploaded, or one that an operation made. No two have the same basename. */
export interface LaboratoryFilesTable {
  basename: string
  /** The account that uploaded it; null where an operation made it. */
  owner: string | null
  /** The result that it is part of; null where it was uploaded. */
  result: number | null
  /** `fits` | `image` | `table` | `json` | `video` */
  type: string
  /**
   * The forms that it has on the disk, by what they are: `{"fits":"<file name>","large":"...","small":"...","tif":"...",
   * "csv":"...","json":"...","video":"...","original":"..."}`.
   */
  forms_json: string
  /** Of all forms. */
  bytes: number
  /** Of its first form. */
  sha256: string
  created_at: number
}

export type DataSessionRow = Selectable<DataSessionsTable>
export type LaboratoryFileRow = Selectable<LaboratoryFilesTable>
export type OperationResultRow = Selectable<OperationResultsTable>
export type OperationRow = Selectable<OperationsTable>
