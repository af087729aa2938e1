/** Longer ones are cut. */
const LONGEST_BYTES = 2000
const MOST_LINES = 1000
const NEWLINE = 10

/** Cuts what comes in pieces into lines; keeps of each only so much, and tells only so many. */
export class Lines {
  readonly #onLine: (text: string) => void
  readonly #parts: Buffer[] = []
  #bytes = 0
  #isCut = false
  #told = 0

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine
  }

  take(chunk: Buffer): void {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at))
      this.#end()
      from = at + 1
      if (this.#told > MOST_LINES) return // a flood is not even read
    }
    this.#keep(chunk.subarray(from))
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#bytes > 0) this.#end()
  }

  #keep(part: Buffer) {
    if (part.length === 0) return
    const room = LONGEST_BYTES - this.#bytes
    if (part.length > room) this.#isCut = true
    if (room <= 0) return
    const kept = Buffer.from(part.subarray(0, room)) // of its own: else a chunk stays for the sake of a word
    this.#parts.push(kept)
    this.#bytes += kept.length
  }

  #end() {
    const text = Buffer.concat(this.#parts).toString('utf8').trimEnd()
    this.#parts.length = 0
    this.#bytes = 0
    const shown = this.#isCut ? `${text} [...]` : text
    this.#isCut = false
    if (this.#told > MOST_LINES) return
    this.#onLine(++this.#told > MOST_LINES ? 'more lines than this are not shown' : shown)
  }
}
