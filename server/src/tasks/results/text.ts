import { TextDecoder } from 'node:util'
import { badResult } from './bad-result.ts'
import { MOST_ROW } from './bounds.ts'
import type { ResultFile } from './result-file.ts'

/** Whether the file begins as a text does. */
export function isText({ head }: ResultFile): boolean {
  return !head.includes(0)
}

/** Whether the file says at its beginning that it is UTF-16. */
export function isUtf16({ head }: ResultFile): boolean {
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
}

/** A text piece by piece. @throws TaskError `bad_result` where it is no UTF-8 */
export async function* textOf(file: ResultFile): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const piece of file.pieces()) {
    if (piece.includes(0)) throw badResult('it begins as a text, and there are zeros in it.')
    yield decoded(decoder, piece)
  }
  yield decoded(decoder)
}

/** A text line by line, without what ends lines. @throws TaskError `bad_result` */
export async function* linesOf(file: ResultFile): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const piece of textOf(file)) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MOST_ROW) throw badResult(`a line has more than ${MOST_ROW} characters.`)
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  if (rest !== '') yield rest
}

function decoded(decoder: TextDecoder, piece?: Uint8Array): string {
  try {
    return piece ? decoder.decode(piece, { stream: true }) : decoder.decode()
  } catch {
    throw badResult('its text is no UTF-8.')
  }
}
