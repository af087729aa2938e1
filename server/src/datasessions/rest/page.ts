import { type TSchema, Type } from 'typebox'
import { nullable } from '../../http/shapes.ts'

/** Of a page that nobody says the length of. */
export const DEFAULT_LIMIT = 100
const MOST = 1000

/** A page as the older server had them. `next` and `previous` are absolute addresses. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({
    count: Type.Integer({ description: 'of all pages' }),
    next: nullable(Type.String()),
    previous: nullable(Type.String()),
    results: Type.Array(item),
  })

/** For documentation: what is no number is passed over, as if it were not there. */
export const PageQuery = {
  limit: Type.Optional(
    Type.Unknown({ description: `results of a page, ${DEFAULT_LIMIT} where nothing is said, ${MOST} at most` }),
  ),
  offset: Type.Optional(Type.Unknown({ description: 'results before it' })),
}

export interface PageAsked {
  limit: number
  offset: number
}

/** @param query whatever came, where a parameter said twice is a list: the last counts */
export function pageAsked(query: unknown): PageAsked {
  const given = (query ?? {}) as Record<string, unknown>
  const limit = countOf(given.limit)
  return { limit: Math.min(limit || DEFAULT_LIMIT, MOST), offset: countOf(given.offset) ?? 0 }
}

/**
 * @param url of the call, from its path on
 * @param base protocol and host before that
 * @param results of the page, of which there are fewer than `limit` where more would be too long
 * @param count of all pages
 */
export function page<T>(base: string, url: string, { limit, offset }: PageAsked, count: number, results: T[]) {
  const end = offset + (results.length > 0 ? results.length : limit)
  return {
    count,
    next: end < count ? linkTo(base, url, limit, end) : null,
    previous: offset > 0 ? linkTo(base, url, limit, Math.max(0, offset - limit)) : null,
    results,
  }
}

function linkTo(base: string, url: string, limit: number, offset: number): string {
  const [path, query] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('limit', String(limit))
  if (offset > 0) parameters.set('offset', String(offset))
  else parameters.delete('offset')
  parameters.sort()
  return `${base}${path}?${parameters}`
}

/** A number of plain digits that can be reckoned with, or null. */
function countOf(value: unknown): number | null {
  const text = lastText(value)
  if (text === null || !/^\s*\+?\d{1,15}\s*$/.test(text)) return null
  return Number(text)
}

/** What a parameter says, or null where it says nothing. */
export function lastText(value: unknown): string | null {
  const text = Array.isArray(value) ? value.at(-1) : value
  return typeof text === 'string' && text !== '' ? text : null
}
