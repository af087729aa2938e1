const WIDTH = 28
const CLEAR = '\r\x1b[2K'

/** What is drawn upon a terminal's last line now; there is one such line, whoever draws. */
let drawn: string | null = null

/** Prints a line for people above the bar that is drawn, if one is. @param print `console.log` or `console.error` */
export function printLine(line: string, print: (line: string) => void = console.log) {
  if (drawn !== null) process.stdout.write(CLEAR)
  print(line)
  if (drawn !== null) process.stdout.write(drawn)
}

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
    if (process.stdout.isTTY) {
      drawn = text
      return void process.stdout.write(CLEAR + text)
    }
    const quarter = Math.floor(fraction * 4)
    if (quarter > this.#quarter) process.stdout.write(`${text}\n`)
    this.#quarter = Math.max(this.#quarter, quarter)
  }

  /** Since the start. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000
  }

  /** Takes the bar away. */
  end() {
    if (drawn !== null) process.stdout.write(CLEAR)
    drawn = null
  }
}

function bar(fraction: number): string {
  const full = Math.round(fraction * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`
}
