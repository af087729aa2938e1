import { Lines } from './lines.ts'

export const KEYWORD = '___TASK STATUS___'
export const MOST_STATUS_BYTES = 1024 * 1024
const NEWLINE = 10

/** Reads the standard output of a task: log up to the line with the keyword, and then its status. */
export class StatusReader {
  readonly #log: Lines
  readonly #keyword: Buffer
  #state: 'log' | 'keyword line' | 'status' = 'log'
  /** The keyword may come in two pieces: what may be its beginning waits for the next one. */
  #held: Buffer = Buffer.alloc(0)
  #parts: Buffer[] = []
  #bytes = 0

  /** @param keyword what stands in the line that the status comes after */
  constructor(onLine: (text: string) => void, keyword = KEYWORD) {
    this.#log = new Lines(onLine)
    this.#keyword = Buffer.from(keyword)
  }

  take(chunk: Buffer): void {
    if (this.#state === 'log') this.#search(chunk)
    else if (this.#state === 'keyword line') this.#skip(chunk)
    else this.#keep(chunk)
  }

  /** All after the line with the keyword; null: there was no such line; 'too long': more than `MOST_STATUS_BYTES`. */
  end(): Buffer | 'too long' | null {
    this.#log.take(this.#held)
    this.#log.end()
    if (this.#state === 'log') return null
    return this.#bytes > MOST_STATUS_BYTES ? 'too long' : Buffer.concat(this.#parts)
  }

  #search(chunk: Buffer) {
    const text = Buffer.concat([this.#held, chunk])
    const at = text.indexOf(this.#keyword)
    if (at === -1) {
      const log = text.length - beginOf(this.#keyword, text)
      this.#log.take(text.subarray(0, log))
      this.#held = Buffer.from(text.subarray(log))
      return
    }
    this.#log.take(text.subarray(0, at)) // what stands before it in its line is log as well
    this.#held = Buffer.alloc(0)
    this.#state = 'keyword line'
    this.#skip(text.subarray(at + this.#keyword.length))
  }

  #skip(chunk: Buffer) {
    const end = chunk.indexOf(NEWLINE)
    if (end === -1) return
    this.#state = 'status'
    this.#keep(chunk.subarray(end + 1))
  }

  #keep(chunk: Buffer) {
    this.#bytes += chunk.length
    if (this.#bytes > MOST_STATUS_BYTES) this.#parts = []
    else this.#parts.push(Buffer.from(chunk))
  }
}

/** How many bytes at the end of a text are the beginning of the keyword. */
function beginOf(keyword: Buffer, text: Buffer): number {
  for (let length = Math.min(keyword.length - 1, text.length); length > 0; length--)
    if (text.subarray(-length).equals(keyword.subarray(0, length))) return length
  return 0
}
