import type { ReadingValue } from '../api/reading-bodies.ts'
import { amount, counted, duration } from '../design/words.ts'

const SMALL = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 })

/** `48.2 °C`, `open`, `64 values` */
export function valueInWords(value: ReadingValue, unit: string | null): string {
  if (Array.isArray(value)) return counted(value.length, 'value')
  if (typeof value === 'string') return value === '' ? '(no text)' : value
  const number = Math.abs(value) < 1 ? SMALL.format(value) : amount(value)
  return unit === null ? number : `${number} ${unit}`
}

/** How long before a frame a reading was taken: it may have been true no longer. */
export function beforeFrame(ms: number): string {
  return ms < 1000 ? 'with the frame' : `${duration(ms)} before`
}
