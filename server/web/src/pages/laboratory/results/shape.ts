/** What values look like, so that results of any operation are drawn without knowing it. */
export type Shape =
  | { as: 'nothing' }
  | { as: 'fact'; text: string }
  | { as: 'line'; x: number[] | null; lines: { name: string; y: (number | null)[] }[] }
  | { as: 'table'; columns: string[]; rows: string[][] }
  | { as: 'parts'; facts: [name: string, text: string][]; parts: [name: string, value: unknown][] }

/** What stands along the axis, by the names that operations give it. */
const ALONG = ['bins', 'x', 'at', 'distance']
const LEAST_POINTS = 3
/** Values in a row by itself: so many are rather a line than a row of a table. */
const LONG = 8

export function shapeOf(value: unknown): Shape {
  if (value === null || value === undefined) return { as: 'nothing' }
  if (typeof value !== 'object') return { as: 'fact', text: textOf(value) }
  if (Array.isArray(value)) return shapeOfList(value)
  const entries = Object.entries(value)
  const rows = entries.filter((entry): entry is [string, Numbers] => isNumbers(entry[1]))
  const facts = entries.filter(([, one]) => one !== null && typeof one !== 'object')
  const parts = entries.filter(([, one]) => one !== null && typeof one === 'object' && shapeOf(one).as !== 'nothing')
  const line = lineOf(rows)
  if (line === null) return { as: 'parts', facts: facts.map(([name, one]) => [name, textOf(one)]), parts }
  if (entries.length === rows.length) return line
  const others = parts.filter(([name]) => !rows.some(([row]) => row === name))
  return {
    as: 'parts',
    facts: facts.map(([name, one]) => [name, textOf(one)]),
    parts: [[rows.find(([name]) => !ALONG.includes(name))?.[0] ?? 'values', Object.fromEntries(rows)], ...others],
  }
}

type Numbers = (number | null)[]

function shapeOfList(list: unknown[]): Shape {
  if (list.length === 0) return { as: 'nothing' }
  if (list.length === 1 && !(isRow(list[0]) && list[0].length < LONG)) return shapeOf(list[0])
  if (isNumbers(list)) return { as: 'line', x: null, lines: [{ name: 'value', y: list }] }
  if (list.every(isPlain)) {
    const columns = [...new Set(list.flatMap((one) => Object.keys(one)))]
    return { as: 'table', columns, rows: list.map((one) => columns.map((column) => textOf(one[column]))) }
  }
  if (list.every(isRow) && list.every(({ length }) => length === list[0]?.length))
    return {
      as: 'table',
      columns: list[0]?.map((_, index) => String(index + 1)) ?? [],
      rows: list.map((row) => row.map(textOf)),
    }
  if (list.every((one) => one === null || typeof one !== 'object'))
    return { as: 'table', columns: ['value'], rows: list.map((one) => [textOf(one)]) }
  return { as: 'parts', facts: [], parts: list.map((one, index) => [String(index + 1), one]) }
}

/** Rows of numbers of one length; a row of edges has one more. */
function lineOf(rows: [name: string, values: Numbers][]): Extract<Shape, { as: 'line' }> | null {
  const along = rows.find(([name]) => ALONG.includes(name)) ?? rows.find(([name]) => name.endsWith('edges'))
  const lines = rows.filter((row) => row !== along)
  const length = lines[0]?.[1].length
  if (length === undefined || lines.some(([, values]) => values.length !== length)) return null
  const x = along && middles(along[1], length)
  return { as: 'line', x: x ?? null, lines: lines.map(([name, y]) => ({ name, y })) }
}

function middles(values: Numbers, length: number): number[] | null {
  const numbers = values.filter((one): one is number => one !== null)
  if (numbers.length !== values.length) return null
  if (numbers.length === length) return numbers
  if (numbers.length !== length + 1) return null
  return numbers.slice(0, -1).map((one, index) => (one + (numbers[index + 1] ?? one)) / 2)
}

function isNumbers(value: unknown): value is Numbers {
  return (
    Array.isArray(value) &&
    value.length >= LEAST_POINTS &&
    value.every((one) => one === null || typeof one === 'number')
  )
}

/** Values beside each other, of which no one has a name. */
function isRow(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 1 && value.every((one) => one === null || typeof one !== 'object')
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => one === null || typeof one !== 'object')
  )
}

const DIGITS = 7

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'number' ? String(Number(value.toPrecision(DIGITS))) : String(value)
}
