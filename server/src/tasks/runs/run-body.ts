import { type Static, Type } from 'typebox'
import type { JobRow } from '../../database/schema.ts'
import type { TaskRunRow } from '../../database/schema-tasks.ts'
import { iso, isoOrNull, NullableTime, nullable, Time } from '../../http/shapes.ts'

const FileBody = Type.Object(
  { basename: Type.String(), type: Type.String({ description: '`fits`, `image`, `table` or `json`' }) },
  {
    additionalProperties: Type.String(),
    description:
      'with an address for each form that it has, good for an hour: `fits_url`, `tif_url`, `large_url`, `small_url`, `csv_url`, ' +
      '`json_url`, `original_url` (as the task wrote it). It can be given to operations and tasks as `{"source":"datalab","basename"}`.',
  },
)

/** A run of a task. */
export const RunBody = Type.Object({
  job: Type.String({ description: 'its job, which is its name: GET /api/jobs/{id}/log has what the task printed' }),
  task: Type.String(),
  owner: Type.String({
    description: 'the account that asked for it; `schedule:ID` or `trigger:ID`: nobody called for it',
  }),
  camera: nullable(Type.String({ description: 'that it was run for by itself' })),
  state: Type.Enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  error: nullable(
    Type.Object(
      { code: Type.String(), message: Type.String() },
      {
        description:
          'why it failed, or waits to be tried again; of one that is done `result_gone`: what came of it went',
      },
    ),
  ),
  params: Type.Record(Type.String(), Type.Unknown(), { description: 'as it was asked for, pictures as entries' }),
  areParamsLeftOut: Type.Boolean({
    description: 'in lists, where they are longer than 16 KiB: `params` is empty then',
  }),
  result: Type.Unknown({
    description:
      '`{"kind":"json","value"}`, `{"kind":"table","columns","rows","count"}` with the first 1000 rows, or ' +
      '`{"kind":"image","width","height"}`; null where there is none, and in lists where it is long',
  }),
  files: Type.Array(FileBody),
  unwritten: Type.Array(Type.String(), {
    description: 'readings that it was to write by itself and did not, each with the reason',
  }),
  createdAt: Time,
  finishedAt: NullableTime,
})

/** What is known of a run besides its row. */
export interface RunFacts {
  job: Pick<JobRow, 'state' | 'error_json' | 'result_json'> | undefined
  /** The first of what its result says. */
  data: unknown
  /** As the body has them. */
  files: { basename: string; type: string; [url: `${string}_url`]: string }[]
}

type Stand = Pick<Static<typeof RunBody>, 'state' | 'error'>

export function shownRun(row: TaskRunRow & { is_params_left_out?: number }, { job, data, files }: RunFacts) {
  return {
    ...{ job: row.job, task: row.task, owner: row.owner, camera: row.camera, ...standOf(row, job) },
    ...{ params: JSON.parse(row.params_json), areParamsLeftOut: row.is_params_left_out === 1, result: data, files },
    unwritten: unwrittenOf(job),
    ...{ createdAt: iso(row.created_at), finishedAt: isoOrNull(row.finished_at) },
  }
}

function standOf({ state, code, message, result }: TaskRunRow, job: RunFacts['job']): Stand {
  if (state === 'COMPLETED') return { state: 'done', error: result === null ? gone(message) : null }
  if (state === 'FAILED')
    return { state: code === 'cancelled' ? 'cancelled' : 'failed', error: { code: code ?? 'failed', message } }
  if (!job)
    return { state: 'failed', error: { code: 'unknown', message: 'what became of its job is not known any more' } }
  const error = job.error_json === null ? null : JSON.parse(job.error_json)
  // Its end is written with its result: a job that is done is that a moment before.
  return { state: job.state === 'done' ? 'running' : job.state, error }
}

/** It stands in the result of its job, as long as that is known. */
function unwrittenOf(job: RunFacts['job']): string[] {
  return (job?.result_json == null ? null : JSON.parse(job.result_json).unwritten) ?? []
}

function gone(why: string) {
  const message =
    why || 'its result was kept for as long as results are (AJAR_LABORATORY_DAYS), or made room for others'
  return { code: 'result_gone', message: `what came of it is not there any more: ${message}` }
}
