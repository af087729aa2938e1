/** Lines for people. A warning is something an operator may have to act on. */
export interface Log {
  info(message: string): void
  warn(message: string): void
}

/** Whether the `count`th time of the same trouble is worth a line: the 1st, 2nd, 4th, 8th ... so that no log fills up. */
export function worthALine(count: number): boolean {
  return Number.isInteger(Math.log2(count))
}
