/** Lines for people. A warning is something an operator may have to act on. */
export interface Log {
  info(message: string): void
  warn(message: string): void
}
