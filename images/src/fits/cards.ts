import type { Card } from '../image.ts'

/** FITS 4.0, 4.1: a card has 80 characters; blocks have 36 cards. */
export const CARD_LENGTH = 80
export const BLOCK_LENGTH = 2880

/** Keywords that tell how the data of one unit lies: none of them is carried into another one. */
export const STRUCTURE =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|BLANK|INHERIT|CHECKSUM|DATASUM|ROWORDER|CONTINUE|END|)$/

/** The cards of a header's text without END, long strings in one piece (FITS 4.0, 4.2.1.2). What is no card is left out. */
export function parseCards(header: string): Card[] {
  const cards: Card[] = []
  for (let at = 0; at + CARD_LENGTH <= header.length; at += CARD_LENGTH) {
    const text = header.slice(at, at + CARD_LENGTH)
    if (/^END {77}$/.test(text)) break
    const card = parseCard(text)
    const last = cards.at(-1)
    if (card?.keyword === 'CONTINUE' && typeof last?.value === 'string' && last.value.endsWith('&')) {
      last.value = last.value.slice(0, -1) + (typeof card.value === 'string' ? card.value : '')
      if (card.comment) last.comment = last.comment ? `${last.comment} ${card.comment}` : card.comment
    } else if (card) cards.push(card)
  }
  return cards
}

function parseCard(text: string): Card | undefined {
  const hierarch = /^HIERARCH +([^=]+?) *=(.*)$/.exec(text)
  if (hierarch) return { keyword: (hierarch[1] as string).toUpperCase(), ...parseValue(hierarch[2] as string) }
  const keyword = text.slice(0, 8).trimEnd()
  if (keyword === 'CONTINUE') return { keyword, ...parseValue(text.slice(8)) }
  if (text.slice(8, 10) === '= ' && keyword) return { keyword, ...parseValue(text.slice(10)) }
  const comment = text.slice(8).trimEnd()
  if (!keyword && !comment) return undefined
  return comment ? { keyword, value: null, comment } : { keyword, value: null }
}

const STRING = /^\s*'((?:[^']|'')*)'\s*(?:\/ ?(.*))?$/
const OTHER = /^([^/]*)(?:\/ ?(.*))?$/

function parseValue(text: string): Pick<Card, 'value' | 'comment'> {
  const string = STRING.exec(text)
  const other = string ?? OTHER.exec(text)
  const comment = other?.[2]?.trimEnd()
  const value = string ? (string[1] as string).replaceAll("''", "'").trimEnd() : plainValue((other?.[1] ?? '').trim())
  return comment ? { value, comment } : { value }
}

function plainValue(text: string): Card['value'] {
  if (text === 'T') return true
  if (text === 'F') return false
  // FITS 4.0, 4.2.4: an exponent may be a D.
  if (/^[+-]?(\d+\.?\d*|\.\d+)([EDed][+-]?\d+)?$/.test(text)) return Number(text.replace(/[dD]/, 'E'))
  return text || null
}

/** Looks up values by keyword; the first card of a keyword counts. */
export class Keywords {
  readonly #values = new Map<string, Card['value']>()

  constructor(cards: readonly Card[]) {
    for (const { keyword, value } of cards) if (!this.#values.has(keyword)) this.#values.set(keyword, value)
  }

  has(keyword: string) {
    return this.#values.has(keyword)
  }

  number(keyword: string): number | undefined {
    const value = this.#values.get(keyword)
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }

  string(keyword: string): string | undefined {
    const value = this.#values.get(keyword)
    return typeof value === 'string' ? value : undefined
  }

  isTrue(keyword: string) {
    return this.#values.get(keyword) === true
  }
}
