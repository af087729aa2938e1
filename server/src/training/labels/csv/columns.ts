import { lengthOf, MOST_NUMBERS, type VectorPart, type VectorView } from '@ajar/models'
import { ImportError } from '../import-messages.ts'
import { shown } from '../zip.ts'

/** Which column of a CSV says what. */
export interface Columns {
  count: number
  label: number
  /** Milliseconds UTC or ISO 8601; null where the file tells no times. */
  at: number | null
  /** Those of the numbers of a reading, in the order of its view. */
  numbers: { column: number; name: string }[]
  view: VectorView
  /** Columns without a name, as tables are written whose rows are numbered: they are passed over. */
  nameless: number[]
}

const LABEL = 'label'
const AT = 'at'
/** What a column's name ends in says to which part of a reading it belongs; a part's numbers keep their order. */
const PARTS: { name: string; kind: VectorPart['kind']; of(column: string): boolean }[] = [
  { name: 'amplitude', kind: 'value', of: (column) => /_mag$/i.test(column) },
  { name: 'phase', kind: 'phase', of: (column) => /_phase$/i.test(column) },
  { name: 'value', kind: 'value', of: () => true },
]

/** @param header the fields of the first line @throws ImportError `bad_header` */
export function columnsOf(header: string[]): Columns {
  const names = header.map((field) => field.trim())
  if (names.every((name) => name === '' || isNumber(name)))
    throw badHeader('the first line is no header, for all of it are numbers')
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i)
  if (twice !== undefined) throw badHeader(`the column ${shown(twice)} is there twice`)
  const find = (wanted: string) => names.findIndex((name) => name.toLowerCase() === wanted)
  const [label, at] = [find(LABEL), find(AT)]
  if (label === -1) throw badHeader(`there is no column Label in the first line (${shown(names.join(','))})`)
  const given = names.map((name, column) => ({ name, column }))
  const left = given.filter(({ name, column }) => name !== '' && column !== label && column !== at)
  const parts = PARTS.map(({ name, kind }, i) => ({
    ...{ name, kind },
    columns: left.filter((one) => PARTS.findIndex(({ of }) => of(one.name)) === i),
  })).filter(({ columns }) => columns.length > 0)
  const view = { parts: parts.map(({ name, kind, columns }) => ({ name, length: columns.length, kind })), window: 1 }
  const length = lengthOf(view)
  if (length === 0) throw badHeader('there is no column besides Label')
  if (length > MOST_NUMBERS) throw badHeader(`there are ${length} columns of numbers, ${MOST_NUMBERS} are possible`)
  return {
    ...{ count: names.length, label, view },
    at: at === -1 ? null : at,
    numbers: parts.flatMap(({ columns }) => columns),
    nameless: given.filter(({ name }) => name === '').map(({ column }) => column),
  }
}

/** A number as it is written in a CSV, whatever else `Number` would read. */
export function isNumber(text: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)
}

function badHeader(why: string): ImportError {
  return new ImportError(
    'bad_header',
    `${why}: the first line has to name the columns, separated by commas: one is Label, one may be at (the time), and each other one is a number of the reading`,
  )
}
