import type { Span } from '../../ribbon/band.ts'
import { LENGTHS } from '../../ribbon/span.ts'

/** A span of the past, or the latest so many milliseconds. */
export type Asked = Span | { length: number }

const HOUR = LENGTHS[0].ms
const SECOND = 1000
/** The server takes no other times. */
const LAST = 8.64e15

const NAMES = ['span', 'from', 'to']

/** Which span an address names: `span=day`, `span=7200` (the last so many seconds), or `from` and `to`; else the last hour. */
export function askedOf(query: string): Asked {
  const given = new URLSearchParams(query)
  const [from, to] = [numberOf(given.get('from')), numberOf(given.get('to'))]
  if (from !== null && to !== null && from < to && to <= LAST) return { from, to }
  const span = given.get('span')
  const known = LENGTHS.find(({ name }) => name.toLowerCase() === span)
  const seconds = numberOf(span)
  if (known) return { length: known.ms }
  return { length: seconds !== null && seconds > 0 && seconds * SECOND <= LAST ? seconds * SECOND : HOUR }
}

/** Whether an address says which span is looked at, well or badly. */
export function namesSpan(query: string): boolean {
  const given = new URLSearchParams(query)
  return NAMES.some((name) => given.has(name))
}

/** @param query of the address now: what else it says stays. @returns the query that names the span */
export function withAsked(query: string, asked: Asked): string {
  const next = new URLSearchParams(query)
  for (const name of NAMES) next.delete(name)
  for (const [name, value] of Object.entries(namesOf(asked))) next.set(name, value)
  const text = next.toString()
  return text === '' ? '' : `?${text}`
}

function namesOf(asked: Asked): Record<string, string> {
  if ('from' in asked) return { from: String(asked.from), to: String(asked.to) }
  if (asked.length === HOUR) return {}
  const known = LENGTHS.find(({ ms }) => ms === asked.length)
  return { span: known?.name.toLowerCase() ?? String(Math.ceil(asked.length / SECOND)) }
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null
}
