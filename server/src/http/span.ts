import { badRequest } from './errors.ts'

/** Milliseconds UTC; `to` exclusive. An end that is not there is open. */
interface Span {
  from?: number | undefined
  to?: number | undefined
}

/** @throws HttpError 400 `empty_span` */
export function refuseEmpty({ from, to }: Span) {
  if (from !== undefined && to !== undefined && to <= from)
    throw badRequest('empty_span', '`to` is exclusive and must be later than `from`', 'to')
}

/** What a span adds to the name of a file that is all of it: `-20261130T140000Z-20261130T150000Z`. */
export function inFileName({ from, to }: Span): string {
  if (from === undefined) return to === undefined ? '' : `-until-${compact(to)}`
  return to === undefined ? `-${compact(from)}` : `-${compact(from)}-${compact(to)}`
}

/** ISO 8601 in its basic form, to the second. */
function compact(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/\.\d+/, '')
    .replaceAll(/[^\dTZ]/g, '')
}
