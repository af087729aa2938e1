const WIDTH = 28

/** One line on a terminal that fills up; elsewhere a line each quarter. */
export class ProgressBar {
  readonly #title: string
  readonly #startedAt = performance.now()
  #quarter = -1

  constructor(title: string) {
    this.#title = title
  }

  show(phase: string, fraction: number) {
    const text = `${this.#title} ${bar(fraction)} ${Math.round(fraction * 100)
      .toString()
      .padStart(3)} % ${phase}`
    if (process.stdout.isTTY) return void process.stdout.write(`\r\x1b[2K${text}`)
    const quarter = Math.floor(fraction * 4)
    if (quarter > this.#quarter) process.stdout.write(`${text}\n`)
    this.#quarter = Math.max(this.#quarter, quarter)
  }

  /** Ends the line. @returns seconds since the start */
  end(): number {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K')
    return (performance.now() - this.#startedAt) / 1000
  }
}

function bar(fraction: number): string {
  const full = Math.round(fraction * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`
}
