import { Type } from 'typebox'
import { nullable } from '../http/shapes.ts'
import type { RecentLine } from './recent-lines.ts'

/** A line as it is answered. */
export const Line = Type.Object({
  id: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  level: Type.String(),
  component: Type.String(),
  message: Type.String(),
  frame: nullable(Type.String()),
  camera: nullable(Type.String()),
  job: nullable(Type.String()),
  fields: Type.Record(Type.String(), Type.Unknown(), { description: 'what else the line says' }),
  error: nullable(Type.String({ description: 'an error, with where it happened' })),
})

export function lineBody({ id, json, frame, camera, job }: RecentLine) {
  const {
    time,
    level,
    component,
    msg = '',
    err,
    frame: _frame,
    camera: _camera,
    job: _job,
    ...fields
  } = JSON.parse(json)
  const error: string | null = err?.stack ?? err?.message ?? null
  return { id, at: time, level, component, message: msg, frame, camera, job, fields, error }
}
