/** Lines do not come on the beat: what half a second may bring is let through at once where none came before. */
const CREDIT_MS = 500
const LEAST_CREDIT = 2

/** Lets through one each `intervalMs`, in the mean. */
export class Pace {
  readonly #intervalMs: number
  readonly #mostCredit: number
  #credit = 1
  #atMs: number | null = null

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#mostCredit = Math.max(LEAST_CREDIT, CREDIT_MS / intervalMs)
  }

  /** Whether one that comes now (monotonic milliseconds) goes through. */
  allows(nowMs: number): boolean {
    const passed = nowMs - (this.#atMs ?? nowMs)
    this.#atMs = nowMs
    this.#credit = Math.min(this.#mostCredit, this.#credit + passed / this.#intervalMs)
    if (this.#credit < 1) return false
    this.#credit--
    return true
  }
}

/** The mean of lists of one length; one of another length begins anew. */
export class Mean {
  #sums: number[] = []
  #count = 0

  add(value: number | number[]): void {
    const list = [value].flat()
    if (list.length !== this.#sums.length) this.#clear(list.length)
    for (const [i, one] of list.entries()) this.#sums[i] = (this.#sums[i] ?? 0) + one
    this.#count++
  }

  /** The mean of what was added since the last time; a number where the lists have one. */
  take(): number | number[] {
    const means = this.#sums.map((sum) => sum / this.#count)
    this.#clear(0)
    return means.length === 1 ? (means[0] as number) : means
  }

  #clear(length: number): void {
    this.#sums = new Array(length).fill(0)
    this.#count = 0
  }
}
