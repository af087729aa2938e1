import { badResult } from '../bad-result.ts'
import { MOST_ROWS } from '../bounds.ts'
import type { ResultFile } from '../result-file.ts'
import type { Column, Row, TableResult } from '../table.ts'
import { isUtf16 } from '../text.ts'
import { FirstTable } from './first-table.ts'
import { readXml } from './xml.ts'

/** Whether a file is XML, and so a VOTable or nothing. */
export function isXml(file: ResultFile): boolean {
  const head = file.head.subarray(0, 1024)
  const encoding = isUtf16(file) ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8'
  return /^\s*</.test(new TextDecoder(encoding).decode(head))
}

/**
 * The first table of a VOTable (1.1 to 1.5, https://www.ivoa.net/documents/VOTable/), as TABLEDATA, BINARY or BINARY2.
 * @throws TaskError `bad_result`
 */
export async function readVotable(file: ResultFile): Promise<TableResult> {
  const found = new FirstTable(false)
  for await (const _ of readXml(file, found)) if (found.hasColumns) break
  if (!found.hasColumns) throw badResult('its VOTable holds no TABLE.')
  const columns = found.fields.map(
    ({ name, type, unit, description }): Column => ({
      name,
      ...(type ? { type } : {}),
      ...(unit ? { unit } : {}),
      ...(description ? { description } : {}),
    }),
  )
  return { kind: 'table', format: 'votable', columns, rows: () => rowsOf(file) }
}

async function* rowsOf(file: ResultFile): AsyncGenerator<Row, undefined> {
  const found = new FirstTable(true)
  let count = 0
  for await (const _ of readXml(file, found)) {
    count += found.rows.length
    if (count > MOST_ROWS) throw badResult(`it has more than ${MOST_ROWS} rows.`)
    yield* found.rows.splice(0)
  }
}
