/** Longer than any reading: 4096 numbers of 15 characters. */
const MOST_BYTES = 64 * 1024
const LF = 0x0a

/** Takes bytes apart into lines, which end with LF or CRLF. Bounded: of what is longer than 64 KiB only that it came is kept. */
export class Lines {
  readonly #onLine: (line: string | null) => void
  #parts: Uint8Array[] = []
  #bytes = 0
  #tooLong = false

  /** @param onLine told each line that is not empty; null for one that was too long */
  constructor(onLine: (line: string | null) => void) {
    this.#onLine = onLine
  }

  take(bytes: Uint8Array): void {
    let from = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      this.#add(bytes.subarray(from, end))
      this.#end()
      from = end + 1
    }
    this.#add(bytes.subarray(from))
  }

  #add(part: Uint8Array): void {
    if (part.length === 0 || this.#tooLong) return
    this.#bytes += part.length
    this.#tooLong = this.#bytes > MOST_BYTES
    // A copy: the stream may use its buffer again.
    if (this.#tooLong) this.#parts = []
    else this.#parts.push(Uint8Array.from(part))
  }

  #end(): void {
    const line = this.#tooLong ? null : Buffer.concat(this.#parts).toString('latin1').trim()
    this.#parts = []
    this.#bytes = 0
    this.#tooLong = false
    if (line !== '') this.#onLine(line)
  }
}
