const MOST_BYTES = 4000
const MOST_LINES = 50

/** The end of what a task wrote on standard error: why a program failed stands in its last lines. */
export class LastLines {
  #text: Buffer = Buffer.alloc(0)
  #isCut = false

  take(chunk: Buffer): void {
    const text = Buffer.concat([this.#text, chunk])
    this.#isCut ||= text.length > MOST_BYTES
    this.#text = Buffer.from(text.subarray(-MOST_BYTES))
  }

  /** With what it was appended to; without an empty line. */
  appendedTo(message: string): string {
    const [rest = '', ...whole] = this.#text.toString('utf8').split(/\r?\n/)
    const lines = (this.#isCut ? whole : [rest, ...whole]).filter((line) => line.trim() !== '')
    const isCut = this.#isCut || lines.length > MOST_LINES
    return [message, ...(isCut ? ['[...]'] : []), ...lines.slice(-MOST_LINES)].join('\n')
  }
}
