import type { Span } from './band.ts'

/** No closer look: a second across the page. */
const SHORTEST_MS = 1_000

/** How far back one looks at first, and on a press. Milliseconds; `All` reaches to the first result. */
export const LENGTHS = [
  { name: 'Hour', ms: 3_600_000 },
  { name: 'Day', ms: 86_400_000 },
  { name: 'Week', ms: 7 * 86_400_000 },
  { name: 'Month', ms: 30 * 86_400_000 },
  { name: 'Year', ms: 365 * 86_400_000 },
  { name: 'All', ms: Number.POSITIVE_INFINITY },
] as const

/** What can be looked at: nothing after now, and nothing before the first result but what was asked for by its length. */
export type Bounds = Span

export const lengthOf = ({ from, to }: Span) => to - from
export const timeAt = ({ from, to }: Span, fraction: number) => from + (to - from) * fraction
export const fractionOf = ({ from, to }: Span, time: number) => (time - from) / (to - from)

/**
 * Closer (`factor` below 1) or farther, with `at` staying where it is on the page.
 * @param at milliseconds UTC
 */
export function zoomed(span: Span, factor: number, at: number, bounds: Bounds): Span {
  const length = Math.max(SHORTEST_MS, lengthOf(span) * factor)
  const from = at - length * fractionOf(span, at)
  return within({ from, to: from + length }, bounds)
}

/** @param fraction of the span's own length, to the future where positive */
export function moved(span: Span, fraction: number, bounds: Bounds): Span {
  const by = lengthOf(span) * fraction
  return within({ from: span.from + by, to: span.to + by }, bounds)
}

/** The span between two places of the page, in either order. */
export function between(span: Span, one: number, other: number, bounds: Bounds): Span {
  const from = timeAt(span, Math.min(one, other))
  const to = Math.max(timeAt(span, Math.max(one, other)), from + SHORTEST_MS)
  return within({ from, to }, bounds)
}

/** The last so many milliseconds, also where nothing was seen in most of them; of endless ones all there is. */
export function latest(length: number, { from, to }: Bounds): Span {
  const first = Number.isFinite(length) ? to - length : from
  return { from: Math.round(Math.min(first, to - SHORTEST_MS)), to }
}

/** Keeps its length where that fits, else it is all there is. Whole milliseconds. */
function within({ from, to }: Span, bounds: Bounds): Span {
  const length = Math.min(to - from, Math.max(bounds.to - bounds.from, SHORTEST_MS))
  const end = Math.min(Math.max(to, bounds.from + length), bounds.to)
  return { from: Math.round(end - length), to: Math.round(end) }
}
