import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import { iso, isoOrNull, NullableTime, nullable, Time } from './shapes.ts'

/** A job, as every route that starts one answers it. */
export const JobBody = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  camera: nullable(Type.String()),
  state: Type.Enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  phase: nullable(Type.String()),
  progress: Type.Number({ description: '0..1' }),
  result: nullable(Type.Unknown()),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  owner: nullable(Type.String({ description: 'who asked for it; null where an older release took it in' })),
  attempt: Type.Integer({ description: 'how often it was begun, without those that an orderly stop ended' }),
  runAt: Type.Union([Time, Type.Null()], { description: 'not begun before: as it was asked for, or put off' }),
  schedule: nullable(Type.String({ description: 'the schedule that asked for it' })),
  createdAt: Time,
  startedAt: NullableTime,
  finishedAt: NullableTime,
})
export function shownJob(row: JobRow) {
  return {
    id: row.id,
    kind: row.kind,
    camera: row.camera,
    state: row.state,
    phase: row.phase,
    progress: row.progress,
    result: row.result_json === null ? null : JSON.parse(row.result_json),
    error: row.error_json === null ? null : JSON.parse(row.error_json),
    owner: row.owner,
    attempt: row.starts,
    runAt: isoOrNull(row.run_at),
    schedule: row.schedule,
    createdAt: iso(row.created_at),
    startedAt: isoOrNull(row.started_at),
    finishedAt: isoOrNull(row.finished_at),
  }
}
