import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { TaskError } from '../task-error.ts'

/** The folder for a result, as it was before a task could put another one in its place. */
export interface OutFolder {
  /** As it is called. */
  path: string
  /** Behind all links. */
  real: string
  /** Which one it is, on the disk. */
  identity: string
}

export function outFolderNow(path: string): OutFolder {
  const real = realpathSync(path)
  return { path, real, identity: identityOf(real) ?? '' }
}

/**
 * The file that a task gave as its result, once all that it started has ended. It is not opened: a FIFO would never let go.
 * @param said a path; one that is not absolute begins in the task's working directory
 * @returns its own path, behind all links; the file has no other name anywhere
 * @throws TaskError bad_outfile
 */
export function checkOutfile(said: string, workFolder: string, outFolder: OutFolder): string {
  if (said.includes('\0')) throw bad(said, 'is no path')
  const { path: called, real: folder } = outFolder
  if (identityOf(folder) !== outFolder.identity || realPath(called) !== folder)
    throw bad(said, `cannot be taken: the folder that -o named, ${called}, was removed or is another one now`)
  const path = resolve(workFolder, said)
  const real = realPath(path)
  if (real === null) {
    if (!isIn(path, folder) && !isIn(path, called)) throw bad(said, `lies outside the folder that -o named, ${called}`)
    throw bad(said, 'is not there: the task did not write it')
  }
  if (!isIn(real, folder)) {
    const isLink = isIn(path, folder) || isIn(path, called)
    throw bad(
      said,
      isLink ? `leads by a link to ${real}, outside ${called}` : `lies outside the folder that -o named, ${called}`,
    )
  }
  const stat = statSync(real)
  if (!stat.isFile()) throw bad(said, `is ${kindOf(stat)}, not a file`)
  // It may be anybody's file: it would be made ours, and whoever has it would go on writing to it.
  if (stat.nlink > 1) throw bad(said, 'is a hard link, by which it has another name as well: copy the file instead')
  if (!isMovable(real)) throw bad(said, 'may not be read or moved by the user of this process')
  return real
}

/** Null: there is none of that name, or it is no folder. */
function identityOf(folder: string): string | null {
  try {
    const stat = lstatSync(folder)
    return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : null
  } catch {
    return null
  }
}

/** Not what is marked immutable, which root is refused as well. A file that is only write-protected can be moved. */
function isMovable(file: string): boolean {
  return (
    refusalOf(file, constants.R_OK) === null &&
    refusalOf(dirname(file), constants.W_OK) === null &&
    refusalOf(file, constants.W_OK) !== 'EPERM'
  )
}

function refusalOf(path: string, mode: number): string | null {
  try {
    accessSync(path, mode)
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null // it is missing, or a link that leads nowhere or in a circle
  }
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep) || path === folder
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder'
  if (stat.isFIFO()) return 'a FIFO'
  if (stat.isSocket()) return 'a socket'
  return 'a device'
}

function bad(said: string, why: string): TaskError {
  return new TaskError('bad_outfile', `The output file of the task, ${said}, ${why}.`)
}
