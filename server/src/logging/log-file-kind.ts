import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'

/** `file` is rotated; `device`, such as a terminal, is written as it is: renaming it would take it from everybody. */
export type LogFileKind = 'file' | 'device'

/** No start waits longer for a disk that does not answer. */
const ANSWER_LIMIT_MS = 2000

/**
 * What stands where lines are to be kept; null where nothing does yet.
 * @throws Error where it is nothing to write a log to: ajar renames and removes only files of its own
 */
export function kindOf(stats: Stats | null, path: string): LogFileKind | null {
  if (stats === null) return null
  if (stats.isFile()) return 'file'
  if (stats.isCharacterDevice()) return 'device'
  const is = stats.isSymbolicLink() ? 'a symbolic link' : stats.isFIFO() ? 'a pipe' : 'no file'
  throw new Error(
    `${path} is ${is}: set AJAR_LOG_FILE to a regular file, or to one that is not there yet (a link: to what it leads to)`,
  )
}

/** Refuses at the start what can never take lines; what is wrong with the disk may pass, and is told in health. */
export async function checkLogFile(path: string): Promise<void> {
  const { promise: limit, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(resolve, ANSWER_LIMIT_MS, null)
  const stats = await Promise.race([lstat(path).catch(() => null), limit]).finally(() => clearTimeout(timer))
  kindOf(stats, path)
}
