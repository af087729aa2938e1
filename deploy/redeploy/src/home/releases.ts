import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { linkDurably, removeDurably } from './durable.ts'
import type { Home } from './home.ts'
import { type Ledger, readLedger } from './ledger.ts'

/** A name of a folder in `releases/`, and never a path. */
const ID = /^[A-Za-z0-9][\w.+-]{0,199}$/
/** Which state stays rather than another, last the one that stays longest. */
const RANKS = ['bad', 'new', 'good']
/** On its way out, or in. */
const HALF = /^\..+\.(going|new)$/

export function isReleaseId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** The release that `link` leads to, whether it is there or not; null where there is no such link. */
export function linkedRelease(link: string): string | null {
  try {
    const id = basename(readlinkSync(link))
    return isReleaseId(id) ? id : null
  } catch {
    return null
  }
}

/** @param id null: what runs is a checkout, and no link says otherwise */
export function linkRelease(link: string, id: string | null) {
  if (id === null) removeDurably(link)
  else if (!isReleaseId(id)) throw new Error(`${JSON.stringify(id)} is no release`)
  else linkDurably(link, join('releases', id))
}

/**
 * The release that this very process runs from; null: a checkout. Until it ends it needs its files: it may have been kept
 * several redeploys ago.
 */
export function ownRelease(home: Home): string | null {
  const [id] = relative(realpathSync(home.releases), import.meta.dirname).split(sep)
  return isReleaseId(id) ? id : null
}

export function isComplete(home: Home, id: string): boolean {
  return isReleaseId(id) && existsSync(join(home.releases, id, 'complete'))
}

/** When it was made, as its files say. Milliseconds UTC. */
export function completeAt(home: Home, id: string): number {
  return lstatSync(join(home.releases, id, 'complete')).mtimeMs
}

/** Releases that can be run. */
export function completeReleases(home: Home): string[] {
  return namesIn(home.releases).filter((name) => isComplete(home, name))
}

/** Those that may be gone back to, the one that ran last first; the installer's are in no ledger. */
export function releasesBefore(home: Home): string[] {
  const ledger = readLedger(home)
  const usedAt = usedAtOf(home, ledger)
  const current = linkedRelease(home.current)
  return completeReleases(home)
    .filter((id) => id !== current && (ledger[id]?.state ?? 'good') === 'good')
    .sort((a, b) => usedAt(b) - usedAt(a))
}

/** Removes what a kill or a full disk has left of releases that were made or removed. */
export async function removeHalfReleases(home: Home) {
  for (const name of namesIn(home.releases).filter((name) => HALF.test(name)))
    await rm(join(home.releases, name), { recursive: true, force: true })
}

/**
 * Removes the releases over `kept`: what is bad first, then what was never on trial, then the one that ran longest ago. Never the one
 * that runs, that is trusted, that ran before, or that we run from: they count.
 * @returns what was removed
 */
export async function removeOldReleases(home: Home, kept: number): Promise<string[]> {
  if (!existsSync(home.releases)) return []
  const linked = [home.current, home.trusted].map(linkedRelease)
  const needed = new Set([...linked, releasesBefore(home)[0], ownRelease(home)].filter((id) => typeof id === 'string'))
  const ledger = readLedger(home)
  const state = (id: string) => ledger[id]?.state ?? 'good'
  const usedAt = usedAtOf(home, ledger)
  const others = completeReleases(home).filter((id) => !needed.has(id))
  const byUse = others.sort((a, b) => RANKS.indexOf(state(b)) - RANKS.indexOf(state(a)) || usedAt(b) - usedAt(a))
  const old = byUse.slice(Math.max(0, kept - needed.size))
  // Renamed first: half a release never has its name.
  for (const id of old) renameSync(join(home.releases, id), join(home.releases, `.${id}.going`))
  await removeHalfReleases(home)
  return old
}

/** When it ran last, or was made. Milliseconds UTC. */
function usedAtOf(home: Home, ledger: Ledger): (id: string) => number {
  return (id) => ledger[id]?.deployedAt ?? ledger[id]?.madeAt ?? completeAt(home, id)
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
