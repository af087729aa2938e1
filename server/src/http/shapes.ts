import { NAME_PATTERN } from '@ajar/protocol'
import { type TSchema, Type } from 'typebox'

/** Shapes that many routes share. */

/** A time in a body: ISO 8601 UTC with milliseconds. */
export const Time = Type.String({ format: 'date-time' })
export const NullableTime = Type.Union([Time, Type.Null()])
/** A time in a query: milliseconds UTC. */
export const Milliseconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })

export const Name = Type.String({ pattern: NAME_PATTERN })
export const CameraPath = Type.Object({ device: Name, camera: Name })
export const FramePath = Type.Object({ device: Name, camera: Name, capturedAtMs: Milliseconds })

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A page of a list; `next` goes into `?cursor=` for the page after it. */
export const listOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: nullable(Type.String()) })

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
