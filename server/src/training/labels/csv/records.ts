import { createReadStream } from 'node:fs'
import { ImportError } from '../import-messages.ts'

/** One record of a CSV: fields as they stand between commas, without their quotes. */
export interface CsvRecord {
  /** Where it begins, from 1 on. */
  line: number
  fields: string[]
}

/** Four thousand numbers, as programs write them at their longest. */
const MOST_CHARACTERS = 256 * 1024

/**
 * Reads a CSV (RFC 4180) piece by piece: lines end in LF or CRLF, a byte order mark is passed over, so are empty lines.
 * Quotes may hold commas, quotes that are doubled, and ends of lines.
 * @param onRead told how many bytes were read
 * @throws ImportError `bad_csv` where it is none, and where a record is longer than any of ours
 */
export async function* recordsIn(path: string, onRead?: (bytes: number) => void): AsyncGenerator<CsvRecord> {
  let line = 0
  let begun: CsvRecord & { text: string } = { line: 1, fields: [], text: '' }
  for await (const text of linesIn(path, onRead)) {
    line += 1
    const isWithin = begun.text !== ''
    const whole = isWithin ? `${begun.text}\n${text}` : text
    if (whole.length > MOST_CHARACTERS) throw tooLong(isWithin ? begun.line : line)
    if (!isWithin) begun = { line, fields: [], text: '' }
    if (isOpen(whole)) begun.text = whole
    else {
      begun.text = ''
      if (whole.trim() !== '') yield { line: begun.line, fields: fieldsOf(whole) }
    }
  }
  if (begun.text !== '')
    throw new ImportError('bad_csv', `a quote that is opened in line ${begun.line} is never closed`)
}

async function* linesIn(path: string, onRead?: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true }) // without the mark at its beginning
  let rest = ''
  let lines = 0
  const decoded = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new ImportError('bad_csv', `it is no text in UTF-8 (after line ${lines}): is it a CSV? Save it as UTF-8`)
    }
  }
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const all = (rest + decoded(chunk)).split('\n')
    rest = all.pop() ?? ''
    for (const one of all) yield withoutReturn(one)
    lines += all.length
    if (rest.length > MOST_CHARACTERS) throw tooLong(lines + 1)
    onRead?.(chunk.length)
  }
  rest += decoded()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** Whether a quote is open at its end: each that is doubled counts twice. */
function isOpen(text: string): boolean {
  let isOdd = false
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) isOdd = !isOdd
  return isOdd
}

function fieldsOf(text: string): string[] {
  if (!text.includes('"')) return text.split(',')
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '"') {
      if (isQuoted && text[at + 1] === '"') field += text[++at]
      else isQuoted = !isQuoted
    } else if (character === ',' && !isQuoted) {
      fields.push(field)
      field = ''
    } else field += character
  }
  return [...fields, field]
}

function tooLong(line: number): ImportError {
  return new ImportError(
    'bad_csv',
    `line ${line} has more than ${MOST_CHARACTERS} characters: is it a CSV, with one reading in each line?`,
  )
}
