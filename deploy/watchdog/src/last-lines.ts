const MOST = 100
const LONGEST = 1024

/** The last lines of a process, and which of them were not told yet: not all are told again each second. */
export class LastLines {
  readonly #lines: string[] = []
  #untold = 0

  add(line: string) {
    this.#lines.push(line.slice(0, LONGEST))
    if (this.#lines.length > MOST) this.#lines.shift()
    this.#untold = Math.min(this.#untold + 1, MOST)
  }

  /** Oldest first. */
  get all(): string[] {
    return [...this.#lines]
  }

  get untold(): string[] {
    return this.#lines.slice(this.#lines.length - this.#untold)
  }

  wereTold() {
    this.#untold = 0
  }
}
