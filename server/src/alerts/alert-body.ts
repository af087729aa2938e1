import { type Alert, SEVERITIES } from '@ajar/protocol'
import { type Static, Type } from 'typebox'
import type { AlertRow } from '../database/schema-alerts.ts'
import { iso, isoOrNull, NullableTime, nullable, Time } from '../http/shapes.ts'

export const SeverityBody = Type.Enum([...SEVERITIES])

/** An alert in HTTP; the event `alert` and the webhook's `data` are the same. */
export const AlertBody = Type.Object({
  id: Type.Integer(),
  rule: Type.String({ description: 'its id' }),
  name: Type.String({ description: 'of the rule, as it fired' }),
  kind: Type.String({ description: 'of the rule' }),
  subject: Type.String({ description: 'the camera `device/camera`, the device, or `server`' }),
  severity: SeverityBody,
  state: Type.Enum(['pending', 'firing', 'resolved'], {
    description: '`pending`: it holds, and not yet for as long as the rule wants',
  }),
  since: { ...Time, description: 'since when the condition holds' },
  firedAt: NullableTime,
  resolvedAt: NullableTime,
  acknowledgedAt: NullableTime,
  acknowledgedBy: nullable(Type.String()),
  text: Type.String({
    description: 'for people: `pi/door is open since 14:03 UTC`; of one that ended, `pi/door was open for 26 s`',
  }),
  value: Type.Union([Type.Number(), Type.String(), Type.Null()], { description: 'what it found' }),
})
export type AlertBody = Static<typeof AlertBody>

export function shownAlert(row: AlertRow): AlertBody {
  const { id, rule, name, kind, subject, severity, state, acknowledged_by, text } = row
  return {
    ...{ id, rule, name, kind, subject, severity, state },
    since: iso(row.since),
    firedAt: isoOrNull(row.fired_at),
    resolvedAt: isoOrNull(row.resolved_at),
    acknowledgedAt: isoOrNull(row.acknowledged_at),
    acknowledgedBy: acknowledged_by,
    ...{ text, value: JSON.parse(row.value_json) },
  }
}

/** As it is told by MQTT; of one that is pending nothing is. */
export function toldAlert(row: AlertRow & { state: 'firing' | 'resolved' }): Alert {
  const { id, rule, name, kind, subject, severity, state, since, acknowledged_by, text } = row
  return {
    ...{ id, rule, name, kind, subject, severity, state, since },
    firedAtMs: row.fired_at,
    resolvedAtMs: row.resolved_at,
    acknowledgedAtMs: row.acknowledged_at,
    acknowledgedBy: acknowledged_by,
    ...{ text, value: JSON.parse(row.value_json) },
  }
}
