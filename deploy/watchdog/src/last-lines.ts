const MOST = 100
const LONGEST = 1024

interface Line {
  text: string
  pid: number | null
  /** Milliseconds UTC. */
  at: number
}

/** The last lines of a process, and which of them were not told yet: not all are told again each second. */
export class LastLines {
  readonly #lines: Line[] = []
  #untold = 0

  /** @param pid the process that printed it; null: we say it of one */
  add(line: string, pid: number | null = null) {
    this.#lines.push({ text: line.slice(0, LONGEST), pid, at: Date.now() })
    if (this.#lines.length > MOST) this.#lines.shift()
    this.#untold = Math.min(this.#untold + 1, MOST)
  }

  /** Oldest first. */
  get all(): string[] {
    return this.#lines.map(({ text }) => text)
  }

  /** What other processes than `but` printed in a span of time, milliseconds UTC; oldest first. */
  printed({ from, to, but }: { from: number; to: number; but: number | null }): string[] {
    const lines = this.#lines.filter(({ at, pid }) => at >= from && at <= to && pid !== null && pid !== but)
    return lines.map(({ text }) => text)
  }

  get untold(): string[] {
    return this.all.slice(this.#lines.length - this.#untold)
  }

  wereTold() {
    this.#untold = 0
  }
}
