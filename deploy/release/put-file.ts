import { copyFileSync, linkSync } from 'node:fs'

/** Puts a file of the checkout into a release. */
export type PutFile = (from: string, to: string) => void

export const copyFile: PutFile = copyFileSync

/** A second name for the same file: at once, and without room. */
export const linkFile: PutFile = (from, to) => {
  try {
    linkSync(from, to)
  } catch (error) {
    // Another file system, one without hard links, or a file that has as many names as it can.
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    copyFileSync(from, to)
  }
}
