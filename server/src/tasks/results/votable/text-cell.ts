import type { Cell } from '../../../datasessions/operation.ts'
import { badResult, quoted } from '../bad-result.ts'
import { numberOf, requireLength } from '../cells.ts'
import { type Field, isTextual, nullOf } from './field.ts'

const BOOLEANS: Record<string, boolean | null> = {
  true: true,
  t: true,
  1: true,
  false: false,
  f: false,
  0: false,
  '?': null,
}

/** A cell as TABLEDATA has it (VOTable 1.5, 5.1). @throws TaskError `bad_result` */
export function textCell(field: Field, text: string): Cell {
  if (isTextual(field.datatype)) return requireLength(text) || null
  const plain = text.trim()
  if (plain === '') return null
  if (!field.isScalar || field.type === 'text')
    return requireLength(plain.replace(/\s+/g, field.datatype === 'bit' ? '' : ' '))
  const cell = field.type === 'boolean' ? BOOLEANS[plain.toLowerCase()] : numberCell(field, plain)
  if (cell === undefined)
    throw badResult(`a cell of the column ${quoted(field.name)}, of ${field.datatype}s, holds ${quoted(plain)}.`)
  return cell
}

function numberCell(field: Field, plain: string): number | string | null | undefined {
  if (field.null !== null && (plain === field.null || nullOf(plain) === field.null)) return null
  if (/^0x[0-9a-f]{1,16}$/i.test(plain)) return numberOf(String(BigInt(plain)))
  return numberOf(plain)
}
