import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Each edit of a task adds one: beyond this many all of them are made anew. */
const MOST_FILES = 2000

/**
 * Makes ready the folder where Node keeps what it made of TypeScript: nobody else may put code there. What is in it is only
 * quicker; nothing fails for want of it.
 */
export async function readyCompiled(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const version of await readdir(folder)) {
      const path = join(folder, version)
      if ((await readdir(path)).length > MOST_FILES) await rm(path, { recursive: true, force: true })
    }
  } catch {
    // Node does without.
  }
}
