import type { Point } from './points.ts'

/**
 * A point as InfluxDB takes it, its time in milliseconds
 * (https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/); null where nothing is left of it.
 * Numbers are floats: a field keeps the type of its first value, and 1 may be followed by 1.5.
 */
export function lineOf({ measurement, tags, fields, timestamp }: Point): string | null {
  const said = Object.entries(fields)
    .map(([name, value]) => [name, fieldValue(value)])
    .filter(([, value]) => value !== null)
  if (said.length === 0 || !Number.isFinite(timestamp)) return null
  // Sorted, as InfluxDB does otherwise; an empty value is no tag.
  const named = Object.entries(tags)
    .map(([name, value]) => [name, bare(value)])
    .filter(([, value]) => value !== '')
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const tagged = named.map(([name = '', value = '']) => `,${escaped(name)}=${escaped(value)}`).join('')
  const listed = said.map(([name, value]) => `${escaped(name ?? '')}=${value}`).join(',')
  return `${escaped(measurement)}${tagged} ${listed} ${Math.trunc(timestamp)}`
}

function fieldValue(value: Point['fields'][string]): string | null {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (typeof value === 'boolean') return String(value)
  return Number.isFinite(value) ? String(value) : null
}

/** A line break would begin another point, and a backslash at the end would escape what follows. */
function bare(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/\\+$/, '')
}

function escaped(text: string): string {
  return text.replace(/[,= ]/g, '\\$&')
}
