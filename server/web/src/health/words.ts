import type { HealthCheckBody } from '../api/bodies.ts'

const NAMES: Record<string, string> = { influx: 'InfluxDB', http_connections: 'HTTP connections' }

/** What a check is about. */
export function checkInWords({ name }: Pick<HealthCheckBody, 'name'>): string {
  const words = name.replaceAll('_', ' ')
  return NAMES[name] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** Each once, however often it is in trouble. */
export function namesOf(checks: HealthCheckBody[]): string {
  return [...new Set(checks.map(checkInWords))].join(', ')
}
