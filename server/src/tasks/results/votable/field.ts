import { badResult, quoted } from '../bad-result.ts'
import { MOST_ROW } from '../bounds.ts'
import { requireLength } from '../cells.ts'
import type { Column } from '../table.ts'

/** Types of VOTable (1.5, 2.1), and bytes that one of each takes in BINARY. */
export const WIDTHS = {
  ...{ boolean: 1, bit: 0, unsignedByte: 1, short: 2, int: 4, long: 8, char: 1, unicodeChar: 2 },
  ...{ float: 4, double: 8, floatComplex: 8, doubleComplex: 16 },
} as const

export type Datatype = keyof typeof WIDTHS

/** A FIELD: how the cells of a column are written. */
export interface Field extends Column {
  datatype: Datatype
  /** How many there are in a cell; of texts how many characters. Null: as many as the cell says. */
  count: number | null
  /** One value, rather than several. Texts of one dimension are. */
  isScalar: boolean
  /** Of more than one dimension, the last of them as long as the cell says. */
  isJagged: boolean
  /** What stands for nothing, as a whole number is written; null: nothing does. */
  null: string | null
}

/** @throws TaskError `bad_result` */
export function fieldOf(attributes: Readonly<Record<string, string>>): Field {
  const name = requireLength(attributes.name || attributes.ID || '')
  if (name === '') throw badResult('a FIELD of its VOTable has no name.')
  const datatype = attributes.datatype as Datatype
  if (!Object.hasOwn(WIDTHS, datatype))
    throw badResult(
      `the FIELD ${quoted(name)} of its VOTable has the datatype ${quoted(String(datatype))}, which there is not.`,
    )
  const arraysize = (attributes.arraysize ?? '').trim()
  if (!/^((\d+x)*(\d+\*?|\*))?$/.test(arraysize))
    throw badResult(`the FIELD ${quoted(name)} of its VOTable has an arraysize that is none: ${quoted(arraysize)}.`)
  const dimensions = arraysize === '' ? [] : arraysize.split('x')
  const isVariable = arraysize.endsWith('*')
  const count = isVariable ? null : dimensions.reduce((product, size) => product * Number(size), 1)
  if (count !== null && count * (WIDTHS[datatype] || 1) > MOST_ROW)
    throw badResult(`a cell of the FIELD ${quoted(name)} of its VOTable has ${count} values, which are too many.`)
  const isScalar = isTextual(datatype) ? dimensions.length <= 1 : count === 1
  const field = { name, datatype, count, isScalar, isJagged: isVariable && dimensions.length > 1, null: null }
  const { unit } = attributes
  return { ...field, type: columnType(datatype, isScalar), ...(unit ? { unit: requireLength(unit) } : {}) }
}

export function isTextual(datatype: Datatype): boolean {
  return datatype === 'char' || datatype === 'unicodeChar'
}

export function isComplex(datatype: Datatype): boolean {
  return datatype === 'floatComplex' || datatype === 'doubleComplex'
}

/** Several values in a cell, and complex ones, stay a text: the values with spaces between them. */
function columnType(datatype: Datatype, isScalar: boolean): NonNullable<Column['type']> {
  if (isTextual(datatype) || isComplex(datatype) || !isScalar) return 'text'
  return datatype === 'boolean' || datatype === 'bit' ? 'boolean' : 'number'
}

/** What stands for nothing, as whole numbers are written here. */
export function nullOf(text: string): string {
  const plain = text.trim()
  return /^[+-]?\d{1,30}$/.test(plain) ? String(BigInt(plain.replace(/^\+/, ''))) : plain
}
