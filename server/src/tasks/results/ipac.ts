import { badResult, quoted } from './bad-result.ts'
import { MOST_COLUMNS, MOST_ROWS } from './bounds.ts'
import { booleanOf, ColumnTypes, cellOf, numberOf, requireLength } from './cells.ts'
import type { ResultFile } from './result-file.ts'
import type { Column, Row, TableResult } from './table.ts'
import { isText, linesOf } from './text.ts'

/** What each type is written as in full; one or more of its first letters are enough, in this order. */
const TYPES: [string, Column['type']][] = [
  ['integer', 'number'],
  ['long', 'number'],
  ['double', 'number'],
  ['float', 'number'],
  ['real', 'number'],
  ['char', 'text'],
  ['date', 'text'],
  ['boolean', 'boolean'],
]

/** Names, types, units, nulls. */
const MOST_HEADERS = 4
const MOST_KEYWORDS = 100_000

interface Field extends Column {
  /** Where its cells stand in a line: from, and up to the next bar. */
  from: number
  to: number
  /** Stands for nothing; empty where nothing does. */
  null: string
}

/** A file of IPAC begins with keywords (`\name = value`) or with the names of its columns between bars. */
export function isIpac(file: ResultFile): boolean {
  return isText(file) && /^\s*[\\|]/.test(file.head.toString('utf8'))
}

/**
 * A table of IPAC (https://irsa.ipac.caltech.edu/applications/DDGEN/Doc/ipac_tbl.html), as IRSA and Firefly write them. Cells
 * stand where the bars of the header say.
 * @throws TaskError `bad_result`
 */
export async function readIpac(file: ResultFile): Promise<TableResult> {
  const fields = await fieldsOf(file)
  if (fields.some(({ type }) => type === undefined)) await findTypes(file, fields)
  const columns = fields.map(({ from: _from, to: _to, null: _null, ...column }): Column => column)
  return { kind: 'table', format: 'ipac', columns, rows: () => rowsOf(file, fields) }
}

async function fieldsOf(file: ResultFile): Promise<Field[]> {
  const headers: string[] = []
  const descriptions = new Map<string, string>()
  let keywords = 0
  for await (const line of linesOf(file)) {
    if (line.startsWith('|')) headers.push(line.trimEnd())
    else if (line.startsWith('\\')) {
      if (++keywords > MOST_KEYWORDS) throw badResult(`it has more than ${MOST_KEYWORDS} keywords.`)
      const said = /^\\\s*col\.(.+)\.ShortDescription\s*=\s*(.*)$/.exec(line)
      if (said) descriptions.set((said[1] as string).trim(), requireLength(unquoted(said[2] as string)))
    } else if (line.trim() !== '') break
    if (headers.length > MOST_HEADERS) throw badResult(`its IPAC table has more than ${MOST_HEADERS} lines of header.`)
  }
  const [names = '', ...others] = headers
  if (!/^\|.*\|$/.test(names)) throw badResult('the names of the columns of its IPAC table do not stand between bars.')
  const parts = names.slice(1, -1).split('|')
  if (parts.length > MOST_COLUMNS) throw badResult(`it has more than ${MOST_COLUMNS} columns.`)
  const [types = [], units = [], nulls = []] = others.map((line, i) => partsOf(line, parts.length, i + 2))
  let from = 1
  return parts.map((part, i): Field => {
    const name = requireLength(part.replace(/^[ -]+|[ -]+$/g, ''))
    const type = typeOf(types[i] ?? '', name)
    const unit = units[i]?.trim()
    const description = descriptions.get(name)
    const field = { name, from, to: from + part.length, null: nulls[i]?.trim() ?? '' }
    from += part.length + 1
    return {
      ...field,
      ...(type ? { type } : {}),
      ...(unit && !/^-+$/.test(unit) ? { unit } : {}),
      ...(description ? { description } : {}),
    }
  })
}

function partsOf(line: string, columns: number, number: number): string[] {
  const parts = line.replace(/^\||\|$/g, '').split('|')
  if (parts.length === columns) return parts
  throw badResult(
    `line ${number} of the header of its IPAC table has ${parts.length} columns, and its first ${columns}.`,
  )
}

function typeOf(text: string, column: string): Column['type'] {
  const name = text.replace(/^[ -]+|[ -]+$/g, '').toLowerCase()
  if (name === '') return undefined
  const found = TYPES.find(([full]) => full.startsWith(name))
  if (!found) throw badResult(`${quoted(name)}, of the column ${quoted(column)}, is no type of an IPAC table.`)
  return found[1]
}

/** Where the header does not say it. */
async function findTypes(file: ResultFile, fields: Field[]) {
  const types = new ColumnTypes(fields.length)
  for await (const cells of cellsOf(file, fields)) types.see(cells)
  for (const [i, field] of fields.entries()) {
    const type = field.type ?? types.of(i)
    if (type) field.type = type
  }
}

async function* rowsOf(file: ResultFile, fields: Field[]): AsyncGenerator<Row, undefined> {
  let count = 0
  for await (const cells of cellsOf(file, fields)) {
    count += 1
    yield cells.map((text, i) => {
      const field = fields[i] as Field
      const cell = field.type === 'boolean' ? flagOf(text) : cellOf(text, field.type)
      if (cell === undefined)
        throw badResult(`row ${count} has ${quoted(text)} in the column ${quoted(field.name)} of ${field.type}s.`)
      return cell
    })
  }
}

/** Texts of each row, without spaces around them; empty where there is nothing. */
async function* cellsOf(file: ResultFile, fields: readonly Field[]): AsyncGenerator<string[], undefined> {
  const end = fields.at(-1)?.to ?? 0
  let count = 0
  for await (const line of linesOf(file)) {
    if (line.startsWith('|') || line.startsWith('\\') || line.trim() === '') continue
    if (++count > MOST_ROWS) throw badResult(`it has more than ${MOST_ROWS} rows.`)
    if (
      fields.some(({ to }) => (line[to] ?? ' ') !== ' ') ||
      (line[0] as string) !== ' ' ||
      line.slice(end).trim() !== ''
    )
      throw badResult(`row ${count} of its IPAC table has something below or beyond the bars of its header.`)
    yield fields.map(({ from, to, null: nothing }) => {
      const text = line.slice(from, to).trim()
      return text === nothing ? '' : text
    })
  }
}

function flagOf(text: string): boolean | null | undefined {
  if (text === '') return null
  const number = numberOf(text)
  if (number === 0 || number === 1) return number === 1
  return booleanOf(text) ?? ({ t: true, f: false } as Record<string, boolean>)[text.toLowerCase()]
}

function unquoted(text: string): string {
  const plain = text.trim()
  return /^(["']).*\1$/.test(plain) && plain.length > 1 ? plain.slice(1, -1) : plain
}
