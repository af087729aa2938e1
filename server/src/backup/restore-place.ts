import { existsSync, lstatSync, statSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DataFolderError, takeDataFolder } from '../database/data-folder.ts'
import { BackupError } from './backup-error.ts'
import { STATE } from './copy-state.ts'
import { syncPath, syncTree, writeDurably } from './durable-files.ts'

/** A file system of its own has it. */
const HARMLESS = new Set(['lost+found'])
/** Lies aside while what was made there is brought into a folder that is a file system of its own. */
const MOVING = 'moving'
/** What is brought there, beside state.db. */
const PARTS = ['frames', 'models']

/** A data folder that is made, and the place aside where it is made until all of it is on the disk. */
export class RestorePlace {
  readonly aside: string
  readonly #dataDir: string
  readonly #isMounted: boolean

  constructor(dataDir: string) {
    this.#dataDir = dataDir
    this.#isMounted = existsSync(dataDir) && statSync(dataDir).dev !== statSync(dirname(dataDir)).dev
    // Nothing is renamed from one file system to another.
    this.aside = this.#isMounted
      ? join(dataDir, '.restoring')
      : join(dirname(dataDir), `.${basename(dataDir)}.restoring`)
  }

  /** What one left that was killed while it filled the folder is none of anybody's. @throws BackupError `not_empty` */
  async refuseFull(): Promise<void> {
    const dataDir = this.#dataDir
    if (!existsSync(dataDir)) return
    const ours = new Set([basename(this.aside), ...this.#moved()])
    const names = (await readdir(dataDir)).filter((name) => !HARMLESS.has(name) && !ours.has(name))
    if (names.length === 0) return
    const what = names.includes(STATE) ? 'holds data' : `is not empty (${names[0]})`
    const message = `${dataDir} ${what}: stop ajar and move the folder away, or name another one; nothing is ever overwritten`
    throw new BackupError('not_empty', message)
  }

  /** Takes the place aside for this process; what one that was killed left goes. @returns what gives it back */
  async take(): Promise<() => void> {
    refuseLink(this.aside)
    const giveBack = takeOrSay(this.aside)
    await this.#remove(this.#moved())
    for (const name of await readdir(this.aside))
      if (!isLock(name)) await rm(join(this.aside, name), { recursive: true, force: true })
    return giveBack
  }

  /** Gives what was made aside its place; state.db last, for without it nobody takes the folder for one with data. */
  async fill(): Promise<void> {
    const [aside, dataDir] = [this.aside, this.#dataDir]
    for (const name of await readdir(aside)) if (isLock(name)) await rm(join(aside, name)) // a server makes its own
    if (!this.#isMounted) {
      await syncTree(aside)
      await rename(aside, dataDir) // takes the place of an empty folder
      return syncPath(dirname(dataDir))
    }
    await writeDurably(join(aside, MOVING), '')
    await syncTree(aside)
    for (const name of PARTS.filter((part) => existsSync(join(aside, part))))
      await rename(join(aside, name), join(dataDir, name))
    await syncPath(dataDir)
    await rename(join(aside, STATE), join(dataDir, STATE))
    await rm(aside, { recursive: true, force: true })
    await syncPath(dataDir)
  }

  /** After a failure nothing is left of it. */
  async empty(): Promise<void> {
    await this.#remove(this.#moved())
    await rm(this.aside, { recursive: true, force: true })
  }

  async #remove(names: string[]) {
    for (const name of names) await rm(join(this.#dataDir, name), { recursive: true, force: true })
  }

  /** What was brought over by one that got no further: it lies aside no more, and state.db does still. */
  #moved(): string[] {
    const isMoving = [MOVING, STATE].every((name) => existsSync(join(this.aside, name)))
    return isMoving ? PARTS.filter((name) => !existsSync(join(this.aside, name))) : []
  }
}

function isLock(name: string): boolean {
  return name.startsWith('lock.db')
}

/** Root would empty whatever folder a link of somebody else leads to. */
function refuseLink(aside: string) {
  const found = lstatSync(aside, { throwIfNoEntry: false })
  if (!found || found.isDirectory()) return
  const message = `${aside} is no folder that a restore has left: look who put it there, and remove it`
  throw new BackupError('not_empty', message)
}

function takeOrSay(aside: string): () => void {
  try {
    return takeDataFolder(aside)
  } catch (error) {
    if (!(error instanceof DataFolderError) || error.code !== 'data_dir_in_use') throw error
    throw new BackupError('not_empty', 'another restore into this folder is under way: wait until it has ended')
  }
}
