import type { JobRow } from '../../database/schema.ts'
import type { LaboratoryFileRow, OperationResultRow, OperationRow } from '../../database/schema-laboratory.ts'

export type Status = 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'

/** A file that an operation made, with where its forms are read. */
export interface OutputFile {
  basename: string
  source: 'datalab'
  type: string
  /** `fits_url`, `large_url`, `small_url`, `tif_url`, `csv_url`, `json_url`, `video_url`, `original_url`: those that it has. */
  [url: `${string}_url`]: string
}

export interface OperationOutput {
  output_files: OutputFile[]
  /** Small things that a client draws itself; absent where the operation made none. */
  output_data?: unknown[]
}

/** An operation as the older client's interface shows it. */
export interface OperationBody {
  id: number
  name: string
  status: Status
  message: string
  /** 0..1 */
  operation_progress: number
  output: OperationOutput | null
  input_data: Record<string, unknown>
  created: string
}

/** Where an operation stands, and what there is to say of it. */
export interface Standing {
  status: Status
  message: string
  /** 0..1 */
  progress: number
}

const BY_JOB: Record<JobRow['state'], Status> = {
  queued: 'PENDING',
  running: 'IN_PROGRESS',
  done: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'FAILED',
}

/** @param job undefined where it is not known any more */
export function standingOf(
  { state, message }: Pick<OperationRow, 'state' | 'message'>,
  job: Pick<JobRow, 'state' | 'progress' | 'error_json'> | undefined,
): Standing {
  if (state === 'COMPLETED') return { status: state, message, progress: 1 }
  if (state === 'FAILED') return { status: state, message, progress: 0 }
  if (!job) return { status: 'FAILED', message: 'what became of its job is not known any more: ask again', progress: 0 }
  // Its end is written with its result: a job that is done is that a moment before.
  if (job.state === 'done') return { status: 'IN_PROGRESS', message: '', progress: 1 }
  return {
    status: BY_JOB[job.state],
    message: job.state === 'cancelled' ? 'cancelled' : messageOf(job.error_json),
    progress: job.state === 'running' ? job.progress : 0,
  }
}

/** Why a job failed, or why it was put off. */
export function messageOf(errorJson: string | null): string {
  return errorJson === null ? '' : String(JSON.parse(errorJson).message ?? '')
}

/** @param urls `<form>_url` of each form of a file */
export function outputOf(
  result: Pick<OperationResultRow, 'output_json'>,
  files: readonly LaboratoryFileRow[],
  urls: (file: LaboratoryFileRow) => Record<string, string>,
): OperationOutput {
  const said = JSON.parse(result.output_json) as { files: string[]; data: unknown[] | null }
  const byName = new Map(files.map((file) => [file.basename, file]))
  const rows = said.files.flatMap((basename) => byName.get(basename) ?? [])
  return {
    output_files: rows.map((file) => ({
      ...{ basename: file.basename, source: 'datalab', type: file.type },
      ...urls(file),
    })),
    ...(said.data === null ? {} : { output_data: said.data }),
  }
}
