/** All that a run may print, its build and all of its cases together: text as UTF-8, and lines, however short they are. */
export const PRINTED = { bytes: 1_000_000, lines: 20_000 }

/** What a run may still print. Less than nothing: it printed more. */
export class PrintedBudget {
  bytes: number
  lines: number
  constructor({ bytes, lines }: typeof PRINTED) {
    this.bytes = bytes
    this.lines = lines
  }

  /** @returns whether the line may be told */
  take(line: string): boolean {
    this.lines -= 1
    this.bytes -= Buffer.byteLength(line)
    return this.lines >= 0 && this.bytes >= 0
  }

  get isSpent(): boolean {
    return this.lines <= 0 || this.bytes <= 0
  }
}

/** As settings count them. */
export const inMegabytes = (bytes: number) => Math.round(bytes / 1e6)
