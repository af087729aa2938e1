import type { Cell } from '../../datasessions/operation.ts'
import { badResult } from './bad-result.ts'
import { MOST_CELL } from './bounds.ts'
import type { Column } from './table.ts'

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/
const WHOLE = /^[+-]?\d+$/
const NOT_FINITE = /^(nan|[+-]?inf(inity)?)$/i
const BOOLEAN = /^(true|false)$/i

/**
 * What a text says as a number: null where it is none (NaN), and the text itself where no double holds it exactly enough: whole
 * numbers beyond 2^53, what is infinite or overflows.
 * @returns undefined where it says no number
 */
export function numberOf(text: string): number | string | null | undefined {
  if (!NUMBER.test(text)) {
    if (!NOT_FINITE.test(text)) return undefined
    return /nan/i.test(text) ? null : infinite(text.startsWith('-'))
  }
  const number = Number(text.replace(/[dD]/, 'e'))
  if (!Number.isFinite(number)) return text
  return WHOLE.test(text) && !Number.isSafeInteger(number) ? text : number
}

/** As Python and numpy write and read it. JSON has no such number. */
export function infinite(isNegative: boolean): string {
  return isNegative ? '-inf' : 'inf'
}

export function booleanOf(text: string): boolean | undefined {
  return BOOLEAN.test(text) ? text.toLowerCase() === 'true' : undefined
}

/** @throws TaskError `bad_result` */
export function requireLength(text: string): string {
  if (text.length > MOST_CELL) throw badResult(`a cell has more than ${MOST_CELL} characters.`)
  return text
}

/** What the cells of a column can be taken for, as far as they are seen. */
interface Kind {
  any: boolean
  number: boolean
  boolean: boolean
}

/**
 * Finds out what columns hold whose file does not say it. All of a column are numbers or it is text: what begins with
 * zeros, or is too long a whole number for a double, is somebody's number of something, and keeps its digits.
 */
export class ColumnTypes {
  readonly #kinds: Kind[]

  constructor(columns: number) {
    this.#kinds = Array.from({ length: columns }, () => ({ any: false, number: true, boolean: true }))
  }

  see(cells: readonly string[]) {
    for (let i = 0; i < this.#kinds.length; i++) {
      const kind = this.#kinds[i] as Kind
      const text = cells[i] as string
      if (text === '') continue
      kind.any = true
      if (kind.number) kind.number = isPlainNumber(text)
      if (kind.boolean) kind.boolean = BOOLEAN.test(text)
    }
  }

  /** Undefined where nothing was seen. */
  of(column: number): Column['type'] {
    const kind = this.#kinds[column]
    if (!kind?.any) return undefined
    return kind.number ? 'number' : kind.boolean ? 'boolean' : 'text'
  }
}

export function isPlainNumber(text: string): boolean {
  if (NOT_FINITE.test(text)) return true
  return NUMBER.test(text) && !/^[+-]?0\d/.test(text) && !(WHOLE.test(text) && !Number.isSafeInteger(Number(text)))
}

/** A cell of a column of that type. An empty text is nothing. @returns undefined where it is none of that type */
export function cellOf(text: string, type: Column['type']): Cell | undefined {
  if (text === '') return null
  if (type === 'number') return numberOf(text)
  if (type === 'boolean') return booleanOf(text)
  return requireLength(text)
}
