import { TextDecoder } from 'node:util'
import sax from 'sax'
import { badResult, quoted } from '../bad-result.ts'
import { MOST_CELL, MOST_DEPTH } from '../bounds.ts'
import type { ResultFile } from '../result-file.ts'

/** With the entities of XML alone, rather than those of HTML too; the types do not know it. */
const OPTIONS = { position: true, strictEntities: true }

/** Of one element; more is no table of anybody. */
const MOST_ATTRIBUTES = 100

/** What is told of XML as it is read. Names are without prefixes. */
export interface XmlHandler {
  /** @param parents names of the elements around it, the outermost first */
  open(name: string, attributes: Readonly<Record<string, string>>, parents: readonly string[]): void
  /** Some of the text of the innermost element; a long one comes in pieces. */
  text(text: string): void
  close(name: string): void
}

/**
 * Reads XML and tells a handler of it. No entity is known but the five of XML itself, nothing outside of the file is read, and
 * what comes is bounded in depth and in the length of each piece.
 */
class XmlReader {
  readonly #parser: sax.SAXParser
  readonly #decoder: TextDecoder

  /** @throws TaskError `bad_result` where its text is encoded as it cannot be read */
  constructor(head: Buffer, handler: XmlHandler) {
    this.#decoder = decoderOf(head)
    this.#parser = sax.parser(true, OPTIONS)
    listen(this.#parser, handler)
  }

  /** @throws TaskError `bad_result`, and what the handler throws */
  push(piece: Uint8Array) {
    this.#parser.write(this.#decoded(piece))
  }

  /** All was read. @throws TaskError `bad_result` */
  end() {
    this.#parser.write(this.#decoded())
    this.#parser.close()
  }

  #decoded(piece?: Uint8Array): string {
    try {
      return piece ? this.#decoder.decode(piece, { stream: true }) : this.#decoder.decode()
    } catch {
      throw badResult(`its XML is not encoded as ${this.#decoder.encoding}, as it says.`)
    }
  }
}

function listen(parser: sax.SAXParser, handler: XmlHandler) {
  const open: string[] = []
  parser.onerror = ({ message }) => {
    // A message of several lines: what is wrong, then where.
    throw badResult(`its XML is wrong in line ${parser.line + 1}: ${quoted(message.split('\n')[0] ?? '')}.`)
  }
  parser.ondoctype = (text) => {
    if (text.includes('[')) throw badResult('its XML defines entities of its own, which are not read.')
  }
  let attributes = 0
  parser.onattribute = ({ value }) => {
    if (++attributes > MOST_ATTRIBUTES)
      throw badResult(`an element of its XML has more than ${MOST_ATTRIBUTES} attributes.`)
    if (value.length > MOST_CELL) throw badResult(`an attribute of its XML has more than ${MOST_CELL} characters.`)
  }
  parser.onopentag = (tag) => {
    attributes = 0
    if (open.length >= MOST_DEPTH) throw badResult(`its XML is more than ${MOST_DEPTH} elements deep.`)
    const name = localName(tag.name)
    handler.open(name, tag.attributes as Record<string, string>, open)
    open.push(name)
  }
  parser.onclosetag = (name) => {
    open.pop()
    handler.close(localName(name))
  }
  parser.ontext = (text) => handler.text(text)
  parser.oncdata = (text) => handler.text(text)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** Of the whole file, piece by piece. @yields after each piece, for what the handler has of it */
export async function* readXml(file: ResultFile, handler: XmlHandler): AsyncGenerator<undefined, undefined> {
  const reader = new XmlReader(file.head, handler)
  for await (const piece of file.pieces()) {
    reader.push(piece)
    yield
  }
  reader.end()
  yield
}

/** XML 1.0, 4.3.3: a mark of byte order, else what its declaration says, else UTF-8. */
function decoderOf(head: Buffer): TextDecoder {
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  const said = /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(head.toString('latin1', 0, 256))?.[1]
  const label = isWide ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : (said ?? 'utf-8')
  try {
    return new TextDecoder(label, { fatal: true })
  } catch {
    throw badResult(`its XML is encoded as ${quoted(label)}, which is not read.`)
  }
}
