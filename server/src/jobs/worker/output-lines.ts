import type { Readable } from 'node:stream'

/** What a task prints beyond that is not passed on: whoever prints without end must not fill the log. */
const MOST_LINES = 500
const MOST_CHARACTERS = 2000

/** What a process prints, line by line, for one task after the other. It has to be read. */
export class OutputLines {
  readonly #chunks: AsyncIterator<string>
  #rest = ''

  constructor(output: Readable) {
    this.#chunks = output.setEncoding('utf8')[Symbol.asyncIterator]()
  }

  /**
   * The lines of one task; one that is too long is cut.
   * @param mark stands alone on the line after its last: where the process goes on, another task's come then
   */
  async *until(mark: string): AsyncGenerator<string, undefined> {
    let lines = 0
    for (;;) {
      const { value: chunk, done } = await this.#chunks.next()
      if (done) break
      const parts = `${this.#rest}${chunk}`.split('\n')
      this.#rest = (parts.pop() ?? '').slice(0, MOST_CHARACTERS)
      const end = parts.indexOf(mark)
      if (end >= 0) this.#rest = ''
      for (const line of (end < 0 ? parts : parts.slice(0, end)).filter(Boolean)) {
        if (++lines > MOST_LINES + 1) continue
        yield lines > MOST_LINES ? `(what is printed after ${MOST_LINES} lines is not kept)` : cut(line)
      }
      if (end >= 0) return
    }
    if (this.#rest !== '' && lines < MOST_LINES) yield this.#rest
  }
}

const cut = (line: string) => line.slice(0, MOST_CHARACTERS)
