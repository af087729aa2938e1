import { constants, copyFileSync, lstatSync, realpathSync, renameSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'

/** Where a file may lie that a task wrote itself. */
export interface OwnFolders {
  /** Its working folder. */
  work: string
  /** The folder for results. */
  out: string
}

/**
 * The file that a task names as its result, in the folder for results: what it wrote into its working folder is moved there.
 * @param named a path; one that is not absolute begins in the folder for results, or else in the working folder
 * @returns its path in the folder for results
 * @throws Error where it is no file, lies elsewhere, or is a link
 */
export function ownFile(named: string, { work, out }: OwnFolders): string {
  const found = [resolve(out, named), resolve(work, named)].find((path) => lookAt(path))
  const stat = found === undefined ? undefined : lookAt(found)
  if (found === undefined || stat === undefined)
    throw new Error(`The task named ${named} as its result, which is no file of its working folder, nor of work.out.`)
  if (!stat.isFile())
    throw new Error(`The task named ${named} as its result, which is ${stat.isSymbolicLink() ? 'a link' : 'no file'}.`)
  const folder = realpathSync(dirname(found))
  if (isIn(folder, out)) return found
  if (!isIn(folder, work))
    throw new Error(
      `The task named ${named} as its result, which lies outside its working folder and the one for results (work.out).`,
    )
  return moved(found, stat, join(out, basename(found)))
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function isIn(folder: string, top: string): boolean {
  const real = realpathSync(top)
  return folder === real || folder.startsWith(real + sep)
}

/** @returns `to` */
function moved(from: string, { nlink }: Stats, to: string): string {
  if (lookAt(to))
    throw new Error(`The task named ${from} as its result, but the folder for results has a ${basename(to)}.`)
  try {
    // A file of several names is somebody else's as well.
    if (nlink > 1) copyFileSync(from, to, constants.COPYFILE_EXCL)
    else renameSync(from, to)
  } catch (error) {
    // The two folders may be on two disks.
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  }
  return to
}
