import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A copy that is not the newest may be another server's. */
const KEPT_MS = 24 * 3_600_000

/** Whether users that own nothing of it can read a file, or a folder and so what lies in it. */
export function isForEveryone(path: string): boolean {
  const { mode } = statSync(path)
  const needed = statSync(path).isDirectory() ? 0o005 : 0o004
  if ((mode & needed) !== needed) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === '/') return true
  }
}

/**
 * A program where users of boxes can read it: itself, or a copy of it where it lies in a folder that they cannot enter, such
 * as somebody's home. The copy stays for the next time, and is made anew when the program has changed.
 * @param folder where copies are made; every user of the machine may write there
 * @returns null: there can be no copy, for want of room, or because somebody else has its place
 */
export async function forEveryone(program: string, folder = '/var/tmp'): Promise<string | null> {
  if (isForEveryone(program)) return program
  try {
    return await copied(program, join(folder, `ajar-${process.geteuid?.() ?? 0}`))
  } catch {
    return null
  }
}

async function copied(program: string, folder: string): Promise<string | null> {
  if (!existsSync(folder)) {
    mkdirSync(folder)
    chmodSync(folder, 0o755) // whatever the umask
  }
  if (!isOurs(folder)) return null
  const { size, mtimeMs, atime, mtime } = statSync(program)
  // By what it is: two releases that run at once do not replace each other's.
  const copy = join(folder, `${basename(program)}-${size}-${Math.trunc(mtimeMs)}`)
  if (existsSync(copy) && isOurs(copy) && statSync(copy).size === size) return copy
  const part = `${copy}.${randomBytes(6).toString('hex')}`
  try {
    await copyFile(program, part)
    chmodSync(part, 0o755)
    utimesSync(part, atime, mtime)
    renameSync(part, copy)
  } finally {
    rmSync(part, { force: true })
  }
  removeOld(folder, copy)
  return copy
}

/** What is left of earlier releases: whoever still needs one makes it anew. */
function removeOld(folder: string, copy: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (file !== copy && Date.now() - lstatSync(file).ctimeMs > KEPT_MS) rmSync(file, { force: true })
  }
}

/** Nobody else can have made it, or change it. */
function isOurs(path: string): boolean {
  const { uid, mode } = lstatSync(path)
  const isLink = lstatSync(path).isSymbolicLink()
  return !isLink && uid === process.geteuid?.() && (mode & 0o022) === 0 && (mode & 0o005) === 0o005
}
