/** Which frames are laid out. It stands in the address, so that a reload shows the same. Times are milliseconds UTC. */
export interface Source {
  order: Order
  /** A state, a mark, `none` for frames without a label, or null for all. */
  label: string | null
  /** Only the newest frame of each so many milliseconds; 0 takes all. */
  every: number
  from: number | null
  to: number | null
}

export type Order = 'useful' | 'newest' | 'uncertain'

const ORDERS: readonly string[] = ['useful', 'newest', 'uncertain'] satisfies Order[]
const ANY = 'any'

/**
 * @param query of the address
 * @param usual the order where none is named
 */
export function sourceOf(query: string, usual: Order): Source {
  const given = new URLSearchParams(query)
  const label = given.get('label') ?? 'none'
  const order = given.get('order') ?? ''
  return ordered({
    order: ORDERS.includes(order) ? (order as Order) : usual,
    label: label === ANY ? null : label,
    every: millisOf(given, 'every') ?? 0,
    from: millisOf(given, 'from'),
    to: millisOf(given, 'to'),
  })
}

/** What is useful is what nobody has labelled: with other labels the newest come first. */
export function ordered(source: Source): Source {
  return source.order === 'useful' && source.label !== 'none' ? { ...source, order: 'newest' } : source
}

/** @returns the query that says so, nothing where all is as usual */
export function queryOf({ order, label, every, from, to }: Source, usual: Order): string {
  const query = new URLSearchParams()
  if (order !== usual) query.set('order', order)
  if (label !== 'none') query.set('label', label ?? ANY)
  if (every > 0) query.set('every', String(every))
  if (from !== null) query.set('from', String(from))
  if (to !== null) query.set('to', String(to))
  return query.size === 0 ? '' : `?${query}`
}

function millisOf(given: URLSearchParams, name: string): number | null {
  const text = given.get(name) ?? ''
  const value = Number(text)
  return text !== '' && Number.isSafeInteger(value) && value >= 0 ? value : null
}
