import { parseMilliseconds, stateOfFolder } from '@ajar/protocol'
import { clockFlaw } from '../../../capture-time.ts'
import { isMark, reservedState } from '../../../marks.ts'
import { shown } from '../zip.ts'
import { type Columns, isNumber } from './columns.ts'
import type { CsvRecord } from './records.ts'

/** A reading as a line of a CSV says it. */
export interface ReadingRow {
  /** A state or a mark. */
  state: string
  /** Milliseconds UTC; null where the file tells no times. */
  at: number | null
  numbers: number[]
}

/** @returns why it cannot be used, where it cannot */
export function readingOf({ fields }: CsvRecord, columns: Columns, now: number): ReadingRow | string {
  if (fields.length !== columns.count) return `it has ${fields.length} columns, and the first line ${columns.count}`
  const state = stateOf(fields[columns.label] as string)
  if (state.kind === 'flaw') return state.why
  const at = columns.at === null ? null : timeOf(fields[columns.at] as string, now)
  if (typeof at === 'string') return at
  const numbers: number[] = []
  for (const { column, name } of columns.numbers) {
    const text = (fields[column] as string).trim()
    const number = isNumber(text) ? Number(text) : Number.NaN
    if (!Number.isFinite(Math.fround(number)))
      return `${shown(name)} is no number: ${shown(text) || 'there is nothing'}`
    numbers.push(number)
  }
  return { state: state.name, at, numbers }
}

/** `15.0`, as tables of numbers are written, is the state `15`; `Half open` is `half-open`, as a folder's name would be. */
function stateOf(field: string): { kind: 'state'; name: string } | { kind: 'flaw'; why: string } {
  const label = field.trim()
  if (label === '') return { kind: 'flaw', why: 'it has no label' }
  const whole = isNumber(label) && Number.isSafeInteger(Number(label)) && Number(label) >= 0
  // Of `7.5` and `-15` a name could be made, but not one that anybody would know again.
  const name = whole ? String(Number(label)) : isNumber(label) ? null : stateOfFolder(label)
  if (name === null)
    return { kind: 'flaw', why: `${shown(label)} cannot name a state: words and whole numbers from 0 on can` }
  const reserved = isMark(name) ? null : reservedState(name)
  return reserved === null ? { kind: 'state', name } : { kind: 'flaw', why: reserved }
}

function timeOf(field: string, now: number): number | string {
  const text = field.trim()
  const at = parseMilliseconds(text) ?? (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(utc(text)) : Number.NaN)
  if (Number.isNaN(at)) return `${shown(text) || 'nothing'} is no time: milliseconds since 1970 and ISO 8601 are`
  return clockFlaw(at, now) ? 'its time is in the future or before 2000' : at
}

/** A time without a zone is taken as UTC, as all times here are. */
function utc(text: string): string {
  const iso = text.replace(' ', 'T')
  return /T.*(Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`
}
