import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The data folder cannot be used; the message says what to do. */
export class DataFolderError extends Error {
  readonly code: 'data_dir_unusable' | 'data_dir_in_use'
  constructor(code: DataFolderError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Makes the data folder and takes it for this process alone. The lock is SQLite's on a small file of its own: the
 * kernel gives it back whatever way the process ends.
 * @returns a function that gives it back
 */
export function takeDataFolder(folder: string): () => void {
  try {
    makeFolder(folder)
    writeInto(folder)
  } catch (error) {
    throw unusable(folder, error as Error)
  }
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
    lock.exec('begin exclusive')
  } catch (error) {
    lock?.close()
    if (/locked|busy/i.test((error as Error).message)) {
      throw new DataFolderError(
        'data_dir_in_use',
        `another ajar server uses the data folder ${folder}: stop it, or set AJAR_DATA_DIR to another folder`,
      )
    }
    throw unusable(folder, error as Error)
  }
  return () => lock.close()
}

/** A disk that the kernel has given up still says that it may be written. A full one can be used: room is made for it. */
function writeInto(folder: string) {
  const probe = join(folder, 'probe')
  try {
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** Not `recursive`: where a file system answers ENOENT to every name, as /proc does, Node would try for ever. */
function makeFolder(folder: string) {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

function unusable(folder: string, error: Error): DataFolderError {
  const message = `the data folder ${folder} cannot be written (${error.message}): make it writable or set AJAR_DATA_DIR`
  return new DataFolderError('data_dir_unusable', message)
}
