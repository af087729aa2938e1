import { existsSync, mkdirSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BackupError } from './backup-error.ts'
import { syncPath } from './durable-files.ts'
import { bytesOf, type Manifest, readManifest } from './manifest.ts'

/** A backup that is being made, and one that is on its way out: both have other names than a whole one. */
const NEW = '.new'
const GONE = '.gone'
const LOCK = '.lock'
const NAME = /^ajar-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/** One backup, as a list shows it. */
export interface BackupSummary {
  name: string
  /** When it began, milliseconds UTC. */
  at: number
  /** Of all its files; unchanged ones are shared with the backup before. 0 where it is not whole. */
  bytes: number
  frames: number
  models: number
  /** Whether it has all it should: one that was copied half-way has not. */
  complete: boolean
  kind: Manifest['kind']
}

export function isBackupName(name: string): boolean {
  return NAME.test(name)
}

/** A name that no backup of the folder has. @param at milliseconds UTC */
export function freeName(folder: string, at: number): string {
  for (let time = at; ; time += 1000) {
    const name = `ajar-${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`
    if (!existsSync(join(folder, name))) return name
  }
}

/** Where a backup is made until it is whole. */
export function placeAside(folder: string, name: string): string {
  return join(folder, `.${name}${NEW}`)
}

/**
 * Takes a folder of backups for this process alone, made where it is missing but for its parents; what was left of a
 * process that was killed goes. The kernel gives the lock back, whatever way this one ends.
 * @returns a function that gives it back
 * @throws BackupError `backup_running`
 */
export async function takeBackups(folder: string): Promise<() => void> {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
  const lock = new DatabaseSync(join(folder, LOCK), { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (!/locked|busy/i.test((error as Error).message)) throw error
    const message = `another backup into ${folder} is under way: wait until it has ended`
    throw new BackupError('backup_running', message, 'environment')
  }
  for (const name of await readdir(folder))
    if (/^\.ajar-.*\.(new|gone)$/.test(name)) await rm(join(folder, name), { recursive: true, force: true })
  return () => lock.close()
}

/**
 * Every backup of the folder, the newest first; none where there is no folder.
 * @param look how one is looked at
 */
export async function listBackups(folder: string, look = summaryOf): Promise<BackupSummary[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const summaries = await Promise.all(names.filter(isBackupName).map((name) => look(folder, name)))
  return summaries.sort((a, b) => (a.name < b.name ? 1 : -1))
}

/**
 * Of backups, the newest first, the newest whole one. One that lies ahead was made while the clock was wrong, and nobody
 * knows how old it is.
 * @param now milliseconds UTC
 */
export function newestOf(backups: BackupSummary[], now: number): BackupSummary | undefined {
  return backups.find(({ complete, at }) => complete && at <= now)
}

/** The newest whole backup and where it lies, or null; where all lie ahead of the clock, one of those. */
export async function newestBackup(
  folder: string,
  now: number,
): Promise<{ folder: string; manifest: Manifest } | null> {
  const all = await listBackups(folder)
  const newest = newestOf(all, now) ?? all.find(({ complete }) => complete)
  return newest ? { folder: join(folder, newest.name), manifest: await readManifest(join(folder, newest.name)) } : null
}

/** Removes a backup; killed meanwhile, what is left of it is none any more. */
export async function removeBackup(folder: string, name: string): Promise<void> {
  const gone = join(folder, `.${name}${GONE}`)
  await rename(join(folder, name), gone)
  await syncPath(folder)
  await rm(gone, { recursive: true, force: true })
}

/**
 * Removes nightly backups beyond the newest `kept` whole ones. Those that somebody asked for stay, and so does what is not
 * whole, or lies ahead of the clock: nobody knows what it is, or how old.
 * @param made the one that was just made, which stays in any case: the clock may have been set back since
 * @param now milliseconds UTC
 * @returns the names of those that went
 */
export async function pruneNightly(folder: string, made: string, kept: number, now: number): Promise<string[]> {
  const others = (await listBackups(folder)).filter(
    ({ name, at, kind, complete }) => complete && kind === 'nightly' && at <= now && name !== made,
  )
  const old = others.slice(Math.max(kept - 1, 0)).map(({ name }) => name)
  for (const name of old) await removeBackup(folder, name)
  return old
}

/** What a backup says of itself. */
export async function summaryOf(folder: string, name: string): Promise<BackupSummary> {
  const at = timeIn(name)
  try {
    const manifest = await readManifest(join(folder, name))
    const { kept, others, models } = manifest.counts
    const { kind } = manifest
    return { name, at, bytes: bytesOf(manifest), frames: kept + others, models, complete: manifest.name === name, kind }
  } catch {
    return { name, at, bytes: 0, frames: 0, models: 0, complete: false, kind: 'asked' }
  }
}

function timeIn(name: string): number {
  const [, ...parts] = NAME.exec(name) ?? []
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = parts.map(Number)
  return Date.UTC(year, month - 1, day, hours, minutes, seconds)
}
