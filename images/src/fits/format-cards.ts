import type { Card } from '../image.ts'
import { CARD_LENGTH } from './cards.ts'

/** Characters of a string on one card, quotes and the keyword aside. */
const MOST_ON_A_CARD = 68

/**
 * A card as 80 characters, or more of them where a string is long (CONTINUE, FITS 4.0, 4.2.1.2) or a comment is (each
 * part a card of its own). Characters that FITS does not know become `?`.
 */
export function formatCard({ keyword, value, comment }: Card): string {
  const name = ascii(keyword).toUpperCase()
  if (value === null) return formatComment(name, ascii(comment ?? ''))
  const start = /^[A-Z0-9_-]{1,8}$/.test(name) ? `${name.padEnd(8)}= ` : `HIERARCH ${name} = `
  const note = comment ? ` / ${ascii(comment)}` : ''
  if (typeof value === 'string') return formatString(start, ascii(value).replaceAll("'", "''"), note)
  const text = typeof value === 'number' ? formatNumber(name, value) : value ? 'T' : 'F'
  return pad(`${start}${text.padStart(start.length === 10 ? 20 : 0)}${note}`)
}

function formatComment(name: string, text: string): string {
  const kept = /^[A-Z0-9_-]{1,8}$/.test(name) ? name : 'COMMENT'
  const parts = text.match(/.{1,72}/gs) ?? ['']
  return parts.map((part) => pad(`${kept.padEnd(8)}${part}`)).join('')
}

function formatString(start: string, quoted: string, note: string): string {
  const room = CARD_LENGTH - start.length - 2
  if (quoted.length <= room) return pad(`${start}'${quoted.padEnd(8)}'${note}`.slice(0, CARD_LENGTH))
  const parts = []
  let rest = quoted
  let most = Math.min(room, MOST_ON_A_CARD) - 1
  while (rest.length > most) {
    // A doubled quote stands on one card.
    let cut = most
    if (/(^|[^'])('')*'$/.test(rest.slice(0, cut))) cut--
    parts.push(`${rest.slice(0, cut)}&`)
    rest = rest.slice(cut)
    most = MOST_ON_A_CARD - 1
  }
  parts.push(rest)
  return parts
    .map((part, i) => pad(`${i ? 'CONTINUE  ' : start}'${part}'${i === parts.length - 1 ? note : ''}`))
    .join('')
}

function formatNumber(name: string, value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`A FITS header holds finite numbers only: ${name} is ${value}.`)
  return String(value).toUpperCase()
}

function ascii(text: string) {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}

function pad(card: string) {
  return card.slice(0, CARD_LENGTH).padEnd(CARD_LENGTH)
}
