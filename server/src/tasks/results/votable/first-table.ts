import { badResult, quoted } from '../bad-result.ts'
import { MOST_CELL, MOST_COLUMNS } from '../bounds.ts'
import type { Row } from '../table.ts'
import { Base64 } from './base64.ts'
import { BinaryRows } from './binary-rows.ts'
import { type Field, fieldOf, nullOf } from './field.ts'
import { textCell } from './text-cell.ts'
import type { XmlHandler } from './xml.ts'

/** Elements whose text is wanted. */
const TEXTS = new Set(['TD', 'DESCRIPTION', 'INFO'])

/** What of the XML is the first table. */
export class FirstTable implements XmlHandler {
  readonly fields: Field[] = []
  /** Read, and not taken yet. */
  readonly rows: Row[] = []
  hasColumns = false
  readonly #wantsRows: boolean
  #state: 'before' | 'within' | 'behind' = 'before'
  #row: Row = []
  #text: string | null = null
  #saysError = false
  #describesField = false
  #binary: { base64: Base64; rows: BinaryRows } | null = null

  constructor(wantsRows: boolean) {
    this.#wantsRows = wantsRows
  }

  open(name: string, attributes: Readonly<Record<string, string>>, parents: readonly string[]) {
    const parent = parents.at(-1)
    if (parent === undefined && name !== 'VOTABLE')
      throw badResult(`it is XML and no VOTable: it begins with ${quoted(name)}.`)
    if (TEXTS.has(name)) this.#text = ''
    if (name === 'DESCRIPTION') this.#describesField = parent === 'FIELD'
    if (name === 'INFO') this.#saysError = attributes.name === 'QUERY_STATUS' && attributes.value === 'ERROR'
    if (name === 'TABLE' && this.#state === 'before') this.#state = 'within'
    if (this.#state !== 'within') return
    if (name === 'FIELD' && parent === 'TABLE') this.#addField(attributes)
    else if (name === 'VALUES' && parent === 'FIELD') this.#noteNull(attributes)
    else if (name === 'DATA') this.hasColumns = true
    else if (name === 'TR') this.#row = []
    else if (name === 'TD' && attributes.encoding)
      throw badResult('a cell of its VOTable is encoded, which is not read.')
    else if (name === 'FITS' || name === 'PARQUET')
      throw badResult(`its VOTable holds its data as ${name}, which is not read: TABLEDATA, BINARY and BINARY2 are.`)
    else if (name === 'STREAM') this.#beginStream(attributes, parent)
  }

  text(text: string) {
    if (this.#binary) this.#takeBinary(text)
    else if (this.#text !== null) {
      this.#text += text
      if (this.#text.length > MOST_CELL) throw badResult(`a cell of its VOTable has more than ${MOST_CELL} characters.`)
    }
  }

  close(name: string) {
    const text = this.#text ?? ''
    if (TEXTS.has(name)) this.#text = null
    if (name === 'INFO' && this.#saysError)
      throw badResult(`its VOTable says that it is an error: ${quoted(text.trim())}.`)
    if (this.#state !== 'within') return
    if (name === 'TD') this.#addCell(text)
    else if (name === 'TR') this.#endRow()
    else if (name === 'STREAM') this.#endStream()
    else if (name === 'TABLE') {
      this.hasColumns = true
      this.#state = 'behind'
    } else if (name === 'DESCRIPTION') this.#describe(text)
  }

  #addField(attributes: Readonly<Record<string, string>>) {
    if (this.fields.length >= MOST_COLUMNS) throw badResult(`it has more than ${MOST_COLUMNS} columns.`)
    this.fields.push(fieldOf(attributes))
  }

  #noteNull({ null: nothing }: Readonly<Record<string, string>>) {
    const field = this.fields.at(-1)
    if (field && nothing !== undefined) field.null = nullOf(nothing)
  }

  #describe(text: string) {
    const field = this.fields.at(-1)
    const description = text.trim().replace(/\s+/g, ' ')
    if (field && this.#describesField && description !== '') field.description = description
  }

  #beginStream({ encoding, href }: Readonly<Record<string, string>>, parent: string | undefined) {
    if (parent !== 'BINARY' && parent !== 'BINARY2') return
    if (href) throw badResult('the data of its VOTable stands elsewhere (href), where nothing is read.')
    if (encoding !== 'base64')
      throw badResult(`the binary data of its VOTable is encoded as ${quoted(encoding ?? 'nothing')}: base64 is read.`)
    if (this.#wantsRows)
      this.#binary = { base64: new Base64(), rows: new BinaryRows(this.fields, parent === 'BINARY2') }
  }

  #takeBinary(text: string) {
    if (!this.#binary) return
    const { base64, rows } = this.#binary
    for (const row of rows.push(base64.push(text))) this.rows.push(row)
  }

  #endStream() {
    this.#binary?.base64.end()
    this.#binary?.rows.end()
    this.#binary = null
  }

  #addCell(text: string) {
    const field = this.fields[this.#row.length]
    if (!field) throw badResult(`a row of its VOTable has more cells than the ${this.fields.length} columns.`)
    if (this.#wantsRows) this.#row.push(textCell(field, text))
  }

  #endRow() {
    if (!this.#wantsRows) return
    const { length } = this.#row
    if (length !== this.fields.length)
      throw badResult(`a row of its VOTable has ${length} cells, and there are ${this.fields.length} columns.`)
    this.rows.push(this.#row)
  }
}
