import { SqliteError } from './thread-calls.ts'

const RETRY_MS = 500
/** Primary result codes that pass when somebody makes room or mends the disk (https://sqlite.org/rescode.html). */
const DISK_TROUBLE = new Set([
  5, // busy
  8, // read-only
  10, // I/O error
  13, // full
  14, // cannot open
])

/**
 * Repeats a write while the disk refuses it (guarantee 1: nothing is acknowledged before it is stored).
 * @throws what the write throws for any other reason, also that the database is closed
 */
export async function untilWritten<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof SqliteError) || !DISK_TROUBLE.has((error.errcode ?? 0) & 0xff)) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
