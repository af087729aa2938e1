import type { AlertBody, Severity } from '../api/alert-bodies.ts'

export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']

/** What is worth a look first: what nobody has seen, then the gravest, then the newest. */
export function byUrgency(one: AlertBody, other: AlertBody): number {
  const seen = Number(isSeen(one)) - Number(isSeen(other))
  return seen || SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) || firedAt(other) - firedAt(one)
}

export function gravestOf(alerts: AlertBody[]): Severity | null {
  return SEVERITIES.find((severity) => alerts.some((alert) => alert.severity === severity)) ?? null
}

/** Whether somebody has acknowledged it. */
export function isSeen({ acknowledgedAt }: AlertBody): boolean {
  return acknowledgedAt !== null
}

export function firedAt({ firedAt, since }: AlertBody): number {
  return Date.parse(firedAt ?? since)
}
