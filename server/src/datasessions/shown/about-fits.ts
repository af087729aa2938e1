import type { Card } from '@ajar/images'

/** What a FITS file says of its observation; undefined where it does not. */
export interface AboutFits {
  /** Milliseconds UTC. */
  observedAt?: number
  proposal?: string
  target?: string
  element?: string
}

/** What a header says of the observation. */
export function aboutOf(cards: readonly Card[]): AboutFits {
  const text = (keyword: string) => {
    const value = cards.find((card) => card.keyword === keyword)?.value
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
  }
  const [date, proposal, target, element] = [
    observedAt(text('DATE-OBS')),
    text('PROPID'),
    text('OBJECT'),
    text('FILTER'),
  ]
  return {
    ...(date === undefined ? {} : { observedAt: date }),
    ...(proposal === undefined ? {} : { proposal }),
    ...(target === undefined ? {} : { target }),
    ...(element === undefined ? {} : { element }),
  }
}

/** FITS 4.0, 9.1.1: ISO 8601 without a zone, which is UTC where nothing else is said. */
function observedAt(date: string | undefined): number | undefined {
  if (!date || !/^[+-]?\d{4,5}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?)?$/.test(date)) return undefined
  const at = Date.parse(date.includes('T') ? `${date}Z` : date)
  return Number.isNaN(at) ? undefined : at
}

/** `{"KEYWORD": value}`, as clients of the archive have it; comments, one under the other, are one text. */
export function headerBody(cards: readonly Card[]): Record<string, string | number | boolean | null> {
  const body: Record<string, string | number | boolean | null> = {}
  for (const { keyword, value, comment } of cards) {
    if (keyword === '' || keyword === 'END') continue
    if (value !== null) body[keyword] = value
    else body[keyword] = [body[keyword], comment].filter((one) => one !== undefined && one !== null).join('\n') || null
  }
  return body
}
