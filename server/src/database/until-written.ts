import { SqliteError } from './thread-calls.ts'

const RETRY_MS = 500
/** Primary result codes of trouble that passes when somebody makes room or mends the disk (https://sqlite.org/rescode.html). */
const DISK_TROUBLE = new Set([
  5, // busy
  7, // no memory
  8, // read-only
  10, // I/O error
  11, // corrupt
  13, // full
  14, // cannot open
])

/** Whether the disk is at fault, and not what was to be written. */
export function isDiskTrouble(error: unknown): boolean {
  return error instanceof SqliteError && DISK_TROUBLE.has((error.errcode ?? 0) & 0xff)
}

/**
 * Repeats a write while the disk refuses it (guarantee 1: nothing is acknowledged before it is stored).
 * @throws what the write throws for any other reason, also that the database is closed
 */
export async function untilWritten<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!isDiskTrouble(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
