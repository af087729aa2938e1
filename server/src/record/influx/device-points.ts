import type { CaptureCounts, Status } from '@ajar/protocol'
import type { DeviceRow } from '../../database/schema.ts'
import type { Point } from './points.ts'

const COUNTS = ['captured', 'gated', 'sent', 'dropped'] as const satisfies (keyof CaptureCounts)[]

/** `device`: whether a device with a credential is there, and what it says of itself; of one that is away only that. */
export function devicePoint(row: Pick<DeviceRow, 'name' | 'connected' | 'status_json'>, at: number): Point {
  const status = row.connected && row.status_json !== null ? (JSON.parse(row.status_json) as Status) : null
  return {
    measurement: 'device',
    tags: { device: row.name },
    fields: { connected: row.connected, ...(status ? fieldsOf(status) : {}) },
    timestamp: at,
  }
}

function fieldsOf({ outboxFrames, droppedFrames, temperatureC, captures }: Status): Point['fields'] {
  const cameras = Object.values(captures ?? {})
  const sums = COUNTS.map((name) => [name, cameras.reduce((sum, camera) => sum + camera[name], 0)] as const)
  return finiteOf({
    outbox_frames: outboxFrames,
    dropped_frames: droppedFrames,
    temperature_c: temperatureC,
    ...(captures ? Object.fromEntries(sums) : {}),
  })
}

/** Those that are known: a status may leave anything out, and no field holds what is no finite number. */
export function finiteOf(fields: Record<string, number | null | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, number] => Number.isFinite(field[1])),
  )
}
