import { badResult } from './bad-result.ts'
import { csvDialect, readCsv } from './csv.ts'
import { type ImageResult, isImage, readImage } from './image.ts'
import { isIpac, readIpac } from './ipac.ts'
import { type JsonResult, readJson } from './json.ts'
import { openResult, type ResultFile } from './result-file.ts'
import type { TableResult } from './table.ts'
import { isText, isUtf16 } from './text.ts'
import { isXml, readVotable } from './votable/read-votable.ts'

export type Result = ImageResult | TableResult | JsonResult

/**
 * Finds out by its content what a file is that a task wrote, and reads it as far as that takes: pictures by their header,
 * tables by their columns, JSON whole.
 * @throws TaskError `bad_result` where it is nothing that is read, or harmed
 */
export async function readResult(path: string): Promise<Result> {
  const file = await openResult(path)
  if (isImage(file)) return readImage(file)
  if (isXml(file)) return readVotable(file)
  if (isUtf16(file)) throw badResult('its text is UTF-16: JSON and tables, but for XML, are to be UTF-8.')
  if (isIpac(file)) return readIpac(file)
  if (isJson(file)) return readJson(file)
  const dialect = csvDialect(file)
  if (dialect) return readCsv(file, dialect)
  const isOneColumn = isText(file) && file.head.includes('\n')
  throw badResult(
    `it is no picture (FITS, PNG, JPEG), table (CSV, IPAC, VOTable) or JSON.${isOneColumn ? ' A table of one column is read where the name of its file ends in .csv.' : ''}`,
  )
}

/** An object or a list, or all of it a single value; or a text that goes on, as no cell of a table does. */
function isJson({ head, bytes }: ResultFile): boolean {
  const text = head.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  return /^\s*[[{]/.test(text) || (head.length === bytes ? VALUE : LONG_TEXT).test(text)
}

const VALUE = /^\s*("(?:[^"\\\n]|\\.)*"|-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null)\s*$/
const LONG_TEXT = /^\s*"(?:[^"\\\n]|\\.)*\\?$/
