import { TextDecoder } from 'node:util'
import { badResult, quoted } from './bad-result.ts'
import { MOST_DEPTH } from './bounds.ts'

/** What may come next. */
type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing'

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COLON, COMMA, MINUS, U] = Buffer.from('"\\{}[]:,-u')
const MOST_NUMBER = 1000
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const WORDS = ['true', 'false', 'null']

/**
 * Reads JSON (RFC 8259) byte by byte and keeps nothing of it but names, where it is asked to: whether a file of any length is JSON, how deep it is, and
 * whether all of its numbers are numbers here.
 */
export class JsonCheck {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #open: number[] = []
  #wanted: Wanted = 'value'
  #at = 0
  #inString: 'no' | 'text' | 'escape' | 'hex' = 'no'
  #isKey = false
  #hexLeft = 0
  /** A number, or one of the words, as far as it is read. */
  #token = ''
  /** Of each object and list that is open the names that it has; null where nobody asked. */
  readonly #names: Set<string>[] | null
  #name: number[] = []

  /** @param noNameTwice whether an object may have a name once only: all names are kept then, so of short files alone */
  constructor({ noNameTwice = false } = {}) {
    this.#names = noNameTwice ? [] : null
  }

  /** @throws TaskError `bad_result` */
  push(bytes: Uint8Array) {
    this.#decode(bytes, true)
    for (const byte of bytes) {
      if (this.#inString !== 'no') this.#string(byte)
      else if (isOfToken(byte)) this.#more(byte)
      else this.#sign(byte)
      this.#at += 1
    }
  }

  /** All was read. @throws TaskError `bad_result` */
  end() {
    this.#decode(new Uint8Array(), false)
    this.#endToken()
    if (this.#wanted !== 'nothing') throw badResult(`its JSON ends early, after ${this.#at} bytes.`)
  }

  #decode(bytes: Uint8Array, stream: boolean) {
    try {
      this.#decoder.decode(bytes, { stream })
    } catch {
      throw badResult('its JSON is no UTF-8.')
    }
  }

  #string(byte: number) {
    if (byte < 0x20) throw this.#wrong('a line break or control character stands in a string')
    if (this.#isKey && this.#names) this.#name.push(byte)
    if (this.#inString === 'escape') {
      if (!'"\\/bfnrtu'.includes(String.fromCharCode(byte))) throw this.#wrong('there is no such escape')
      this.#inString = byte === U ? 'hex' : 'text'
      this.#hexLeft = 4
    } else if (this.#inString === 'hex') {
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(byte))) throw this.#wrong('\\u has four digits behind it')
      this.#hexLeft -= 1
      if (this.#hexLeft === 0) this.#inString = 'text'
    } else if (byte === BACKSLASH) this.#inString = 'escape'
    else if (byte === QUOTE) {
      this.#inString = 'no'
      if (this.#isKey) this.#endName()
      else this.#endValue()
    }
  }

  #more(byte: number) {
    if (this.#token === '') this.#beginValue()
    this.#token += String.fromCharCode(byte)
    if (this.#token.length > MOST_NUMBER) throw this.#wrong(`a number has more than ${MOST_NUMBER} digits`)
  }

  #sign(byte: number) {
    this.#endToken()
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return
    if (byte === QUOTE) this.#beginString()
    else if (byte === OPEN || byte === OPEN_LIST) {
      this.#beginValue()
      if (this.#open.length >= MOST_DEPTH) throw this.#wrong(`it is more than ${MOST_DEPTH} levels deep`)
      this.#open.push(byte)
      this.#names?.push(new Set())
      this.#wanted = byte === OPEN ? 'key or }' : 'value or ]'
    } else if (byte === CLOSE && this.#open.at(-1) === OPEN && this.#isOneOf('key or }', ', or end')) this.#close()
    else if (byte === CLOSE_LIST && this.#open.at(-1) === OPEN_LIST && this.#isOneOf('value or ]', ', or end'))
      this.#close()
    else if (byte === COLON && this.#wanted === ':') this.#wanted = 'value'
    else if (byte === COMMA && this.#wanted === ', or end') this.#wanted = this.#open.at(-1) === OPEN ? 'key' : 'value'
    else throw this.#unexpected()
  }

  #beginString() {
    this.#isKey = this.#isOneOf('key', 'key or }')
    if (!this.#isKey) this.#beginValue()
    this.#inString = 'text'
    this.#name = []
  }

  #endName() {
    this.#wanted = ':'
    const names = this.#names?.at(-1)
    if (!names) return
    const name = JSON.parse(`"${Buffer.from(this.#name).toString('utf8')}`) as string
    if (names.has(name)) throw this.#wrong(`the name ${quoted(name)} stands twice in one object`)
    names.add(name)
  }

  #beginValue() {
    if (!this.#isOneOf('value', 'value or ]')) throw this.#unexpected()
  }

  #endToken() {
    const token = this.#token
    if (token === '') return
    this.#token = ''
    if (/^-?(NaN|Infinity)$/.test(token)) throw this.#wrong(`${token} is no JSON: null stands for what is no number`)
    if (!WORDS.includes(token) && !NUMBER.test(token)) throw this.#wrong(`${JSON.stringify(token)} is no JSON`)
    if (NUMBER.test(token) && !Number.isFinite(Number(token))) throw this.#wrong(`${token} is too large a number`)
    this.#endValue()
  }

  #close() {
    this.#open.pop()
    this.#names?.pop()
    this.#endValue()
  }

  #endValue() {
    this.#wanted = this.#open.length === 0 ? 'nothing' : ', or end'
  }

  #isOneOf(...wanted: Wanted[]): boolean {
    return wanted.includes(this.#wanted)
  }

  #unexpected() {
    const wanted =
      { nothing: 'nothing', ', or end': 'a comma or the end' }[this.#wanted as string] ?? `a ${this.#wanted}`
    return this.#wrong(`${wanted} is expected there`)
  }

  #wrong(why: string) {
    return badResult(`its JSON is wrong at byte ${this.#at}: ${why}.`)
  }
}

/** Letters, digits and the signs of numbers. */
function isOfToken(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ||
    byte === MINUS ||
    byte === 0x2b ||
    byte === 0x2e
  )
}
