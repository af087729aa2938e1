import type { Cell } from '../../../datasessions/operation.ts'
import { badResult, quoted } from '../bad-result.ts'
import { MOST_ROW } from '../bounds.ts'
import { infinite, requireLength } from '../cells.ts'
import type { Row } from '../table.ts'
import { type Datatype, type Field, isComplex, isTextual, WIDTHS } from './field.ts'

/** Rows as BINARY and BINARY2 have them (VOTable 1.5, 5.3 and 5.4), of bytes that come in pieces. */
export class BinaryRows {
  readonly #fields: readonly Field[]
  /** Before each row, of BINARY2: a bit for each column, set where its cell is nothing. */
  readonly #maskBytes: number
  #rest: Buffer = Buffer.alloc(0)
  #count = 0

  /** @throws TaskError `bad_result` */
  constructor(fields: readonly Field[], hasMask: boolean) {
    const jagged = fields.find(({ isJagged }) => isJagged)
    if (jagged)
      throw badResult(
        `the column ${quoted(jagged.name)} has cells of several dimensions and no fixed size: write it as TABLEDATA.`,
      )
    this.#fields = fields
    this.#maskBytes = hasMask ? Math.ceil(fields.length / 8) : 0
  }

  /** The rows that are whole now. @throws TaskError `bad_result` */
  push(bytes: Buffer): Row[] {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    const rows: Row[] = []
    let at = 0
    for (;;) {
      const end = this.#endOf(all, at)
      if (end === null || end > all.length || end === at) break
      rows.push(this.#row(all, at))
      this.#count += 1
      at = end
    }
    this.#rest = all.subarray(at)
    if (this.#rest.length > MOST_ROW + bytes.length)
      throw badResult(`a row of its VOTable has more than ${MOST_ROW} bytes.`)
    return rows
  }

  /** All was read. @throws TaskError `bad_result` */
  end() {
    if (this.#rest.length > 0) throw badResult(`the binary data of its VOTable ends within row ${this.#count + 1}.`)
  }

  /** Where a row ends; null where that is not there yet. */
  #endOf(bytes: Buffer, start: number): number | null {
    let at = start + this.#maskBytes
    for (const { datatype, count } of this.#fields) {
      let items = count
      if (items === null) {
        if (at + 4 > bytes.length) return null
        items = bytes.readInt32BE(at)
        if (items < 0)
          throw badResult(`row ${this.#count + 1} of the binary data of its VOTable has a cell of ${items} values.`)
        at += 4
      }
      at += sizeOf(datatype, items)
      if (at - start > MOST_ROW)
        throw badResult(`row ${this.#count + 1} of its VOTable has more than ${MOST_ROW} bytes.`)
    }
    return at
  }

  #row(bytes: Buffer, start: number): Row {
    let at = start + this.#maskBytes
    return this.#fields.map((field, i) => {
      let items = field.count
      if (items === null) {
        items = bytes.readInt32BE(at)
        at += 4
      }
      const size = sizeOf(field.datatype, items)
      const isNothing = this.#maskBytes > 0 && ((bytes[start + (i >> 3)] as number) & (0x80 >> (i & 7))) !== 0
      const cell = isNothing ? null : cellOf(field, bytes.subarray(at, at + size), items)
      at += size
      return cell
    })
  }
}

function sizeOf(datatype: Datatype, items: number): number {
  return datatype === 'bit' ? Math.ceil(items / 8) : WIDTHS[datatype] * items
}

function cellOf(field: Field, bytes: Buffer, items: number): Cell {
  const { datatype, isScalar } = field
  if (isTextual(datatype)) return requireLength(textIn(datatype, bytes)) || null
  if (items === 0) return null
  if (isScalar && !isComplex(datatype)) {
    // Which of its bits a lone bit is, programs are not of one mind about.
    const cell = datatype === 'bit' ? bytes[0] !== 0 : valueAt(datatype, bytes, 0)
    return field.null !== null && String(cell) === field.null ? null : cell
  }
  const each = isComplex(datatype) ? items * 2 : items
  const values = Array.from({ length: each }, (_, i) => valueAt(partOf(datatype), bytes, i))
  return requireLength(values.map(textOfValue).join(datatype === 'bit' ? '' : ' '))
}

function partOf(datatype: Datatype): Datatype {
  if (datatype === 'floatComplex') return 'float'
  return datatype === 'doubleComplex' ? 'double' : datatype
}

function textOfValue(value: Cell): string {
  return value === null ? 'NaN' : typeof value === 'boolean' ? (value ? 'T' : 'F') : String(value)
}

/** Up to the zeros that fill it. */
function textIn(datatype: Datatype, bytes: Buffer): string {
  const text = datatype === 'char' ? bytes.toString('utf8') : Buffer.from(bytes).swap16().toString('utf16le')
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

function valueAt(datatype: Datatype, bytes: Buffer, i: number): Cell {
  switch (datatype) {
    case 'boolean':
      return flagOf(bytes[i] as number)
    case 'bit':
      return ((bytes[i >> 3] as number) >> (7 - (i & 7))) & 1
    case 'unsignedByte':
      return bytes[i] as number
    case 'short':
      return bytes.readInt16BE(i * 2)
    case 'int':
      return bytes.readInt32BE(i * 4)
    case 'long':
      return exact(bytes.readBigInt64BE(i * 8))
    case 'float':
      return finite(shortest(bytes.readFloatBE(i * 4)))
    default:
      return finite(bytes.readDoubleBE(i * 8))
  }
}

function flagOf(byte: number): boolean | null {
  const letter = String.fromCharCode(byte)
  if ('Tt1'.includes(letter)) return true
  return 'Ff0'.includes(letter) ? false : null
}

function exact(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

function finite(value: number): number | string | null {
  if (Number.isNaN(value)) return null
  return Number.isFinite(value) ? value : infinite(value < 0)
}

/** The shortest decimal that is this number of 4 bytes: what TABLEDATA has of it. */
function shortest(value: number): number {
  // The smallest ones have fewer digits than others.
  for (let digits = Math.abs(value) < 2 ** -126 ? 1 : 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value === 0 || !Number.isFinite(value) ? value : Number(value.toPrecision(9))
}
