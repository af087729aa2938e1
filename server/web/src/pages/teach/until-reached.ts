import { isAway } from '../../api/client.ts'

/** Pauses grow up to the last; after the limit the server is taken to be gone. Milliseconds. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 8_000
const LIMIT_MS = 120_000

/**
 * Does something anew as long as the server is away.
 * @param since when it was first wanted, in milliseconds; the limit counts from there
 * @throws what the work throws: at once where the server refuses, else after the limit
 */
export async function untilReached<T>(work: () => Promise<T>, since = Date.now()): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work()
    } catch (error) {
      const left = since + LIMIT_MS - Date.now()
      if (!isAway(error) || left <= 0) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)))
    }
  }
}
